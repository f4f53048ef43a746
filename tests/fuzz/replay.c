/* Plays all files of a folder through a fuzz target without a fuzzer, for everyday tests with any compiler. */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { REPLAY_MOST = 1 << 20 };

static bool
replay(const char *name, uint8_t *data)
{
	FILE *file = fopen(name, "rb");
	uint8_t *exact;
	size_t size;

	if (file == NULL) {
		perror(name);
		return false;
	}
	size = fread(data, 1, REPLAY_MOST, file);
	fclose(file);
	exact = malloc(size > 0 ? size : 1);
	memcpy(exact, data, size);
	/* It ends the program by itself when something is wrong: this line then names the input. */
	printf("%s\n", name);
	fflush(stdout);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
	return true;
}

static int
is_input(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int
main(int count, char **arguments)
{
	uint8_t *data = malloc(REPLAY_MOST);
	struct dirent **entries;
	int found, failed = 0;

	if (count != 2 || chdir(arguments[1]) != 0 || (found = scandir(".", &entries, is_input, alphasort)) <= 0) {
		fprintf(stderr, "usage: %s FOLDER, which has inputs in it\n", arguments[0]);
		free(data);
		return 1;
	}
	for (int i = 0; i < found; i++) {
		failed += !replay(entries[i]->d_name, data);
		free(entries[i]);
	}
	free(entries);
	free(data);
	printf("%d passed, %d failed\n", found - failed, failed);
	return failed == 0 ? 0 : 1;
}
