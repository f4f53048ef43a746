#include "file_fixture.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

char file_path[64];

void
file_make(void)
{
	int descriptor;

	snprintf(file_path, sizeof(file_path), "/tmp/infusion-test.XXXXXX");
	descriptor = mkstemp(file_path);
	ck_assert_int_ge(descriptor, 0);
	close(descriptor);
}

void
file_remove(void)
{
	unlink(file_path);
}

void
file_write(const char *text, size_t length)
{
	FILE *file = fopen(file_path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(text, 1, length, file), length);
	fclose(file);
}
