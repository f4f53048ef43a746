/* Plays files through a fuzz target without a fuzzer, for everyday tests with any compiler. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { REPLAY_MOST = 1 << 20 };

static int
replay(const char *path, uint8_t *data)
{
	FILE *file = fopen(path, "rb");
	uint8_t *exact;
	size_t size;

	if (file == NULL) {
		perror(path);
		return 1;
	}
	size = fread(data, 1, REPLAY_MOST, file);
	fclose(file);
	exact = malloc(size > 0 ? size : 1);
	for (size_t i = 0; i < size; i++)
		exact[i] = data[i];
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
	return 0;
}

int
main(int count, char **paths)
{
	uint8_t *data = malloc(REPLAY_MOST);
	int failed = 0;

	for (int i = 1; i < count; i++)
		failed += replay(paths[i], data);
	free(data);
	printf("%d passed, %d failed\n", count - 1 - failed, failed);
	return failed == 0 ? 0 : 1;
}
