/* Files built into the program, ended by a NULL name. */
#ifndef INFUSIOND_STORE_EMBEDDED_H
#define INFUSIOND_STORE_EMBEDDED_H

struct embedded_file {
	const char *name;
	const char *text;
};

/* The migrations of schema/, in order: the n-th brings a file to version n. */
extern const struct embedded_file schema_migrations[];

#endif
