# SPDX-License-Identifier: GPL-2.0-or-later
# Runs xlite for the modules. A document goes to its standard input as JSON, which is YAML as well; what it says comes back by its exit
# status, its JSON, and its messages.

from __future__ import absolute_import, division, print_function
__metaclass__ = type

import json
import re

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.text.converters import to_native

# Exit statuses: xlite(1).
DONE, DIFFERS = 0, 2

ARGUMENTS = dict(
    host=dict(type='str'),
    executable=dict(type='str', default='xlite'),
    name=dict(type='str'),
    spec=dict(type='dict'),
)
# Of what belongs to xlite, and to a set.
OWNED = dict(
    set=dict(type='str'),
    adopt=dict(type='bool', default=False),
    replace=dict(type='bool', default=False),
)

# What a template makes is text: numbers and truths among it are written as such, which xlite takes where text is due as well.
PLAIN = re.compile(r'^(0|-?[1-9][0-9]{0,17})$')
TRUTHS = {'True': 'true', 'true': 'true', 'False': 'false', 'false': 'false'}


def document(value, depth=0):
    """A document in JSON, but for such text; a line for each key, since messages say the line."""
    indent = '\n' + ' ' * depth
    if isinstance(value, dict):
        return '{' + ','.join('%s %s: %s' % (indent, json.dumps(str(key), ensure_ascii=False), document(value[key], depth + 1))
                              for key in value) + indent + '}'
    if isinstance(value, (list, tuple)):
        return '[' + ', '.join(document(item, depth + 1) for item in value) + ']'
    if isinstance(value, str) and (PLAIN.match(value) or value in TRUTHS):
        return TRUTHS.get(value, value)
    return json.dumps(value, ensure_ascii=False)


def refused(out):
    """Why a plan cannot be carried out: a line for each object that is refused; '' for what is no such plan."""
    try:
        items = json.loads(out)
    except ValueError:
        return ''
    return '\n'.join('%s: %s%s' % (item['name'], item['reason'], '; ' + item['hint'] if item.get('hint') else '')
                     for item in (items if isinstance(items, list) else []) if item['action'] == 'refused')


class Xlite(object):
    """One object, of one kind, on one host."""

    def __init__(self, kind, arguments, states, **rules):
        self.kind = kind
        spec = dict(ARGUMENTS, state=dict(type='str', default='present', choices=states))
        spec.update(arguments)
        self.module = AnsibleModule(argument_spec=spec, supports_check_mode=True, required_one_of=[('name', 'spec')],
                                    required_if=[('state', 'present', ('spec',))], **rules)
        self.params = self.module.params
        self.state = self.params['state']
        self.command = [self.module.get_bin_path(self.params['executable'], required=True)]
        if self.params['host']:
            self.command += ['-H', self.params['host']]
        self.spec = dict(self.params['spec'] or {})
        self.name = self.named()
        self.object = '%s/%s' % (kind, self.name)

    def named(self):
        """The object's name, by the module's argument or the document's key, which must agree."""
        name, given = self.params['name'], self.spec.get('name')
        if given is not None and name is not None and str(given) != name:
            self.module.fail_json(msg="name is '%s', and '%s' in spec" % (name, given))
        if given is None and name is None:
            self.module.fail_json(msg="neither name nor spec.name says which %s" % self.kind)
        for key in ('set', 'replace', 'wait'):
            if self.state != 'present' and self.params.get(key):
                self.module.fail_json(msg="%s goes with state present, not with %s" % (key, self.state))
        kind = self.spec.setdefault('kind', self.kind)
        if kind != self.kind:
            self.module.fail_json(msg="spec is of kind '%s', and this module is for kind '%s'" % (kind, self.kind))
        if name is not None:
            self.spec['name'] = name
        return str(name if name is not None else given)

    def documents(self, whole=True):
        """The text for xlite: the document, and those of the pools that it names."""
        pools = self.params.get('pools') or {}
        parts = [dict(kind='pool', name=name, folder=folder) for name, folder in sorted(pools.items())]
        parts += [self.spec] if whole else []
        return '\n---\n'.join(document(part) for part in parts) + '\n'

    def run(self, verb, *arguments, **options):
        """Its exit status, output and messages; one that is not in 'good' ends the module with what it said."""
        good = options.get('good', (DONE,))
        status, out, messages = self.module.run_command(self.command + [verb] + list(arguments), data=options.get('data'),
                                                        binary_data=True)
        out, messages = to_native(out), to_native(messages)
        if status not in good:
            self.fail(verb, status, out, messages)
        for line in messages.splitlines():
            if line.startswith('xlite: warning: '):
                self.module.warn(line[len('xlite: warning: '):])
        return status, out, messages

    def fail(self, verb, status, out, messages):
        """What was said; and what a plan refuses is told in the plan."""
        text = refused(out) or messages.strip() or out.strip() or 'xlite %s ended with %d and said nothing' % (verb, status)
        if text.startswith('xlite: '):
            text = text[len('xlite: '):]
        self.module.fail_json(msg=text, rc=status, stdout=out, stderr=messages)

    def flags(self, *names):
        """Options of xlite by arguments of the same names."""
        words = []
        for name in names:
            value = self.params.get(name)
            if value is True:
                words.append('--' + name.replace('_', '-'))
            elif value:
                words += ['--' + name.replace('_', '-'), str(value)]
        return words

    def end(self, changed, result, **more):
        self.module.exit_json(changed=changed, result=result, name=self.name, **more)

    def plan(self, flags):
        """What apply would do: the object's part of the plan, and the text of all of it."""
        documents = self.documents()
        status, out, unused = self.run('plan', '-o', 'json', *(flags + ['-']), data=documents, good=(DONE, DIFFERS))
        items = [item for item in json.loads(out) if item['kind'] == self.kind and item['name'] == self.name]
        more = dict(plan=items[0] if items else None)
        if self.module._diff:
            text = ''
            if status == DIFFERS:
                text = self.run('plan', *(flags + ['-']), data=documents, good=(DONE, DIFFERS))[1]
            more['diff'] = dict(prepared=text)
        return status == DIFFERS, more

    def present(self, plan_flags, apply_flags):
        more = {}
        plan_flags = self.flags('set', *plan_flags)
        if self.module.check_mode or self.module._diff:
            changed, more = self.plan(plan_flags)
            if self.module.check_mode:
                self.end(changed, more['plan']['action'] if more['plan'] else 'unchanged', **more)
        status, out, messages = self.run('apply', '--detailed-exitcode', *(plan_flags + self.flags(*apply_flags) + ['-']),
                                         data=self.documents(), good=(DONE, DIFFERS))
        self.end(status == DIFFERS, self.word(out), stderr=messages, **more)

    def word(self, out):
        """created, unchanged, ...: the last line for this object says what became of it."""
        words = [line.split(' ', 1)[1] for line in out.splitlines() if line.startswith(self.object + ' ')]
        return words[-1] if words else 'unchanged'

    def before(self):
        """The diff of a removal: what there is now, which is nothing where xlite knows no such object."""
        if not self.module._diff:
            return {}
        pools = ['-'] if self.params.get('pools') else []
        text = self.run('get', '-o', 'yaml', self.object, *pools, data=self.documents(False) if pools else None, good=(DONE, 1))[1]
        return dict(diff=dict(before=text, after='', before_header=self.object, after_header=self.object))

    def absent(self, *flags):
        """By its name; the documents only say where volumes are."""
        pools = ['-'] if self.params.get('pools') else []
        data = self.documents(False) if pools else None
        words = list(flags) + [self.object] + pools
        status, out, messages = self.run('delete', '--dry-run', *words, data=data)
        # A plan's line is "KIND/NAME: ACTION", and "KIND/NAME absent" stands for none.
        would = self.word(out.replace(self.object + ':', self.object))
        if would.startswith('refused'):
            self.fail('delete', status, out, messages)
        changed = would not in ('absent', 'unchanged')
        more = self.before() if changed else {}
        if changed and not self.module.check_mode:
            would = self.word(self.run('delete', *words, data=data)[1])
            changed = would != 'absent'
        self.end(changed, would, **more)
