/* SPDX-License-Identifier: GPL-2.0-or-later
 * For static programs. libnl's text helpers, which nothing here calls, refer to the C library's name
 * services, which a static program cannot have. These stand in for them, and know nobody.
 */
#include <netdb.h>
#include <stddef.h>

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
	*found = NULL;
	return EAI_FAIL;
}

void freeaddrinfo(struct addrinfo *found)
{
}

struct protoent *getprotobyname(const char *name)
{
	return NULL;
}

struct protoent *getprotobynumber(int number)
{
	return NULL;
}
