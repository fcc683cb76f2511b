/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XEN_CORE_DOMAIN_PORT_H
#define XEN_CORE_DOMAIN_PORT_H

#include <stdint.h>

struct vcpu;
struct domain;

/**
 * The permission map of a domain's ports, three pages: a clear bit is a port that it uses without us knowing.
 * Panics at boot.
 */
void port_init(void);
void *port_map(const struct domain *d);
/** What is left to us: size is 1, 2 or 4 bytes. */
uint32_t port_read(struct vcpu *v, uint16_t port, unsigned size);
void port_write(struct vcpu *v, uint16_t port, unsigned size, uint32_t value);

#endif
