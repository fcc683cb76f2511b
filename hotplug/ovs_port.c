/* SPDX-License-Identifier: GPL-2.0-or-later
 * Ports of Open vSwitch: read, made, changed, removed, each by one transaction of its database.
 * Facts: ovs-vswitchd.conf.db(5) (columns, what VLANs mean); RFC 7047, 5 (operations and values).
 */
#include "hotplug/ovs_port.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "common/bits.h"
#include "common/clock.h"
#include "hotplug/ovsdb.h"

/** How long the database may take, and how long ovs-vswitchd, to do what it says. */
#define DATABASE_MS 10000
#define SWITCH_MS 15000
#define VLAN_MAX 4094
/** What tells ports of ours from others. */
#define MARK_KEY "created-by"
#define MARK "xlite"

/* A set of one element is written as that element. */
static size_t set_size(const json_t *value)
{
	const json_t *tag = json_array_get(value, 0);

	if (!value || !json_is_array(value))
		return value ? 1 : 0;
	return json_is_string(tag) && !strcmp(json_string_value(tag), "set") ? json_array_size(json_array_get(value, 1)) : 1;
}

static const json_t *set_item(const json_t *value, size_t i)
{
	const json_t *tag = json_array_get(value, 0);

	if (json_is_string(tag) && !strcmp(json_string_value(tag), "set"))
		return json_array_get(json_array_get(value, 1), i);
	return value;
}

static const char *uuid_of(const json_t *value)
{
	const char *text = json_string_value(json_array_get(value, 1));

	return text ? text : "";
}

static bool set_has_uuid(const json_t *value, const char *uuid)
{
	for (size_t i = 0; i < set_size(value); i++) {
		if (!strcmp(uuid_of(set_item(value, i)), uuid))
			return true;
	}
	return false;
}

static json_t *rows(const json_t *results, size_t i)
{
	return json_object_get(json_array_get(results, i), "rows");
}

/* Open vSwitch's own rule: with a tag and no mode a port is an access port, and its trunks do not count. */
static void take_vlans(const json_t *row, struct ovs_port *port)
{
	const json_t *tag = json_object_get(row, "tag"), *trunks = json_object_get(row, "trunks");
	const char *mode = json_string_value(json_object_get(row, "vlan_mode"));
	bool access, native;

	port->tag = set_size(tag) ? (unsigned)json_integer_value(set_item(tag, 0)) : 0;
	access = mode ? !strcmp(mode, "access") : set_size(tag) > 0;
	native = mode && !strcmp(mode, "native-untagged");
	port->other = (mode && !access && !native && strcmp(mode, "trunk")) || port->tag > VLAN_MAX;
	/* A tag of 0, as no tag, is the VLAN of what has none. */
	if (!access && !native)
		port->tag = 0;
	for (size_t i = 0; !access && i < set_size(trunks); i++) {
		json_int_t vlan = json_integer_value(set_item(trunks, i));

		port->trunk = true;
		if (vlan >= 1 && vlan <= VLAN_MAX && vlan != port->tag)
			bits_put(port->trunks, (unsigned)vlan, true);
		else if (vlan != port->tag)
			port->other = true;
	}
}

static json_t *select_port(const char *name)
{
	return json_pack("[{s:s, s:s, s:[[s,s,s]], s:[s,s,s,s]}, {s:s, s:s, s:[], s:[s,s]}]", "op", "select", "table",
			 "Port", "where", "name", "==", name, "columns", "_uuid", "tag", "trunks", "vlan_mode", "op",
			 "select", "table", "Bridge", "where", "columns", "name", "ports");
}

static int port_read(struct ovsdb *db, const char *name, struct ovs_port *port, struct xlite_error *err)
{
	json_t *results, *row, *bridge;
	int ret = ovsdb_transact(db, select_port(name), &results, clock_deadline_ms(DATABASE_MS), err);
	size_t i;

	memset(port, 0, sizeof(*port));
	if (ret)
		return ret;
	row = json_array_get(rows(results, 0), 0);
	snprintf(port->uuid, sizeof(port->uuid), "%s", uuid_of(json_object_get(row, "_uuid")));
	port->there = port->uuid[0];
	if (port->there)
		take_vlans(row, port);
	json_array_foreach(rows(results, 1), i, bridge) {
		const char *of = json_string_value(json_object_get(bridge, "name"));

		if (port->there && of && set_has_uuid(json_object_get(bridge, "ports"), port->uuid))
			snprintf(port->bridge, sizeof(port->bridge), "%s", of);
	}
	json_decref(results);
	return 0;
}

int ovs_bridge_is(const char *bridge, bool *is, struct xlite_error *err)
{
	auto_ovsdb struct ovsdb db;
	json_t *results;
	int ret = ovsdb_open(&db, err);

	*is = false;
	if (!ret)
		ret = ovsdb_transact(&db,
				     json_pack("[{s:s, s:s, s:[[s,s,s]], s:[s]}]", "op", "select", "table", "Bridge",
					       "where", "name", "==", bridge, "columns", "name"),
				     &results, clock_deadline_ms(DATABASE_MS), err);
	if (ret)
		return ret;
	*is = json_array_size(rows(results, 0)) > 0;
	json_decref(results);
	return 0;
}

int ovs_port_get(const char *name, struct ovs_port *port, struct xlite_error *err)
{
	auto_ovsdb struct ovsdb db;
	int ret = ovsdb_open(&db, err);

	return ret ? ret : port_read(&db, name, port, err);
}

static json_t *empty_set(void)
{
	return json_pack("[s,[]]", "set");
}

/* The columns of a port that say its VLANs. */
static json_t *vlan_row(const struct hotplug_vif_options *options)
{
	unsigned tag = options ? options->vlan : 0;
	const uint8_t *tagged = options ? options->tagged : NULL;
	json_t *trunks = json_array();

	for (unsigned i = 1; tagged && i <= VLAN_MAX; i++) {
		if (bits_has(tagged, i))
			json_array_append_new(trunks, json_integer(i));
	}
	return json_pack("{s:o, s:[s,o], s:o}", "tag", tag ? json_integer(tag) : empty_set(), "trunks", "set", trunks,
			 "vlan_mode",
			 tagged ? json_string(tag ? "native-untagged" : "trunk")
			 : tag  ? json_string("access")
				: empty_set());
}

static void add(json_t *operations, json_t *operation)
{
	/* What could not be made is refused, and all of the transaction with it. */
	json_array_append_new(operations, operation ? operation : json_null());
}

static void add_removal(json_t *operations, const char *uuid)
{
	add(operations,
	    json_pack("{s:s, s:s, s:[[s,s,[s,s]]], s:[[s,s,[s,s]]]}", "op", "mutate", "table", "Bridge", "where",
		      "ports", "includes", "uuid", uuid, "mutations", "ports", "delete", "uuid", uuid));
}

/* "transient": Open vSwitch's own scripts remove such ports when the host boots. */
static void add_port(json_t *operations, const char *name, const char *bridge, json_t *row)
{
	json_object_set_new(row, "name", json_string(name));
	json_object_set_new(row, "interfaces", json_pack("[s,s]", "named-uuid", "link"));
	json_object_set_new(row, "external_ids", json_pack("[s,[[s,s]]]", "map", MARK_KEY, MARK));
	json_object_set_new(row, "other_config", json_pack("[s,[[s,s]]]", "map", "transient", "true"));
	add(operations, json_pack("{s:s, s:s, s:s, s:{s:s}}", "op", "insert", "table", "Interface", "uuid-name", "link",
				  "row", "name", name));
	add(operations, json_pack("{s:s, s:s, s:s, s:o}", "op", "insert", "table", "Port", "uuid-name", "port", "row", row));
	add(operations, json_pack("{s:s, s:s, s:[[s,s,s]], s:[[s,s,[s,s]]]}", "op", "mutate", "table", "Bridge",
				  "where", "name", "==", bridge, "mutations", "ports", "insert", "named-uuid", "port"));
}

/* Ours of links that have gone: whoever ended the domain did not know them. The kernel gives their names out again. */
static int add_stale(struct ovsdb *db, json_t *operations, const char *but, struct xlite_error *err)
{
	json_t *results, *row;
	size_t i;
	int ret = ovsdb_transact(db,
				 json_pack("[{s:s, s:s, s:[[s,s,[s,[[s,s]]]]], s:[s,s]}]", "op", "select", "table",
					   "Port", "where", "external_ids", "includes", "map", MARK_KEY, MARK,
					   "columns", "_uuid", "name"),
				 &results, clock_deadline_ms(DATABASE_MS), err);

	if (ret)
		return ret;
	json_array_foreach(rows(results, 0), i, row) {
		const char *name = json_string_value(json_object_get(row, "name"));

		if (name && strcmp(name, but) && !if_nametoindex(name))
			add_removal(operations, uuid_of(json_object_get(row, "_uuid")));
	}
	json_decref(results);
	return 0;
}

/* Carries the operations out, and asks ovs-vswitchd to say when it has followed: *mark is what cur_cfg has to reach. */
static int commit(struct ovsdb *db, json_t *operations, json_int_t *mark, struct xlite_error *err)
{
	json_t *results;
	int ret;

	add(operations, json_pack("{s:s, s:s, s:[], s:[[s,s,i]]}", "op", "mutate", "table", "Open_vSwitch", "where",
				  "mutations", "next_cfg", "+=", 1));
	add(operations, json_pack("{s:s, s:s, s:[], s:[s]}", "op", "select", "table", "Open_vSwitch", "where",
				  "columns", "next_cfg"));
	ret = ovsdb_transact(db, operations, &results, clock_deadline_ms(DATABASE_MS), err);
	if (ret)
		return ret;
	*mark = json_integer_value(json_object_get(json_array_get(rows(results, json_array_size(results) - 1), 0), "next_cfg"));
	json_decref(results);
	return 0;
}

/* Until ovs-vswitchd has followed; then what it says of the port, if it is to be there. */
static int follow(struct ovsdb *db, json_int_t mark, const char *name, bool there, struct xlite_error *err)
{
	json_t *results, *row;
	const char *said;
	int ret =
		ovsdb_transact(db,
			       json_pack("[{s:s, s:i, s:s, s:[[s,s,I]], s:[s], s:s, s:[]}, {s:s, s:s, s:[[s,s,s]], s:[s,s]}]",
					 "op", "wait", "timeout", SWITCH_MS, "table", "Open_vSwitch", "where",
					 "cur_cfg", ">=", mark, "columns", "cur_cfg", "until", "!=", "rows", "op",
					 "select", "table", "Interface", "where", "name", "==", name, "columns",
					 "ofport", "error"),
			       &results, clock_deadline_ms(SWITCH_MS + DATABASE_MS), err);

	if (ret == -ETIMEDOUT) {
		xlite_error_set(err, ret, "Open vSwitch does not act on its database");
		xlite_error_hint(err, "is ovs-vswitchd running? Its log is in /var/log/openvswitch");
	}
	if (ret)
		return ret;
	row = json_array_get(rows(results, 1), 0);
	said = json_string_value(json_object_get(row, "error"));
	if (there && !(json_integer_value(json_object_get(row, "ofport")) > 0))
		ret = xlite_error_set(err, -EIO, "Open vSwitch: %s", said ? said : "it did not take the port");
	json_decref(results);
	return ret;
}

static int port_set(struct ovsdb *db, const char *name, const char *bridge, const struct hotplug_vif_options *options,
		    bool keep, struct xlite_error *err)
{
	struct ovs_port port;
	json_t *operations = json_array(), *row = vlan_row(options);
	json_int_t mark;
	int ret = operations && row ? port_read(db, name, &port, err) : xlite_error_set(err, -ENOMEM, "out of memory");

	if (!ret)
		ret = add_stale(db, operations, name, err);
	if (ret) {
		json_decref(operations);
		json_decref(row);
		return ret;
	}
	/* What the port goes into may be gone by now, and to change no bridge is no error. */
	add(operations, json_pack("{s:s, s:i, s:s, s:[[s,s,s]], s:[s], s:s, s:[{s:s}]}", "op", "wait", "timeout", 0,
				  "table", "Bridge", "where", "name", "==", bridge, "columns", "name", "until",
				  "==", "rows", "name", bridge));
	if (keep && port.there && !strcmp(port.bridge, bridge)) {
		add(operations, json_pack("{s:s, s:s, s:[[s,s,s]], s:o}", "op", "update", "table", "Port", "where",
					  "name", "==", name, "row", row));
	} else {
		if (port.there)
			add_removal(operations, port.uuid);
		add_port(operations, name, bridge, row);
	}
	ret = commit(db, operations, &mark, err);
	if (ret == -ETIMEDOUT)
		ret = xlite_error_set(err, -ENODEV, "Open vSwitch has no bridge %s any more", bridge);
	return ret ? ret : follow(db, mark, name, true, err);
}

int ovs_port_set(const char *name, const char *bridge, const struct hotplug_vif_options *options, bool keep,
		 struct xlite_error *err)
{
	auto_ovsdb struct ovsdb db;
	int ret = ovsdb_open(&db, err);

	return ret ? ret : port_set(&db, name, bridge, options, keep, err);
}

int ovs_port_remove(const char *name, bool wait, struct xlite_error *err)
{
	auto_ovsdb struct ovsdb db = { .fd = -1 };
	struct ovs_port port;
	json_t *operations;
	json_int_t mark;
	int ret = ovsdb_there() ? ovsdb_open(&db, err) : -ENOENT;

	if (ret == -ENOENT || ret == -ECONNREFUSED)
		return 0;
	if (!ret)
		ret = port_read(&db, name, &port, err);
	if (ret || !port.there)
		return ret;
	operations = json_array();
	if (!operations)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	add_removal(operations, port.uuid);
	ret = commit(&db, operations, &mark, err);
	return ret || !wait ? ret : follow(&db, mark, name, false, err);
}
