# SPDX-License-Identifier: GPL-2.0-or-later
# The Ansible collection, installed where ansible-core looks for collections when the prefix is /usr.
collectiondir = $(datadir)/ansible/collections/ansible_collections/xlite/xen
collectionmetadir = $(collectiondir)/meta
collectionmodulesdir = $(collectiondir)/plugins/modules
collectionutilsdir = $(collectiondir)/plugins/module_utils
collectiondocsdir = $(collectiondir)/plugins/doc_fragments
dist_collection_DATA = ansible/galaxy.yml ansible/README.md
dist_collectionmeta_DATA = ansible/meta/runtime.yml
dist_collectionmodules_DATA = ansible/plugins/modules/domain.py ansible/plugins/modules/network.py ansible/plugins/modules/volume.py
dist_collectionutils_DATA = ansible/plugins/module_utils/xlite.py
dist_collectiondocs_DATA = ansible/plugins/doc_fragments/xlite.py
