/** Drafts of stacks for property tests: right ones, and anything at all. */
import fc from 'fast-check';
import { fieldsOf, stackFields, type StackField } from '../../../../../main/shared/setup/stack-fields.ts';
import { stackNames, type FieldValue, type StackDraft } from '../../../../../main/shared/setup/stack.ts';

const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '',
    ' ',
    'null',
    '~',
    'true',
    '3.10',
    '0x10',
    '- a',
    '# no',
    'a: b',
    '*x',
    '&x',
    '!x',
    '%x',
    "'",
    '"',
  ),
  fc.constantFrom('a\nb', 'a\r\nb\n', '\ttab', ' a ', '---', '...', 'é日🙂', '\u2028', '\\n', '{}', '[', '|', '>'),
);
/** Words that shells split without a quote left open. */
const shellText = anyText.map((text) => text.replace(/["'\\]/g, ''));

/** By key: texts that the field takes. */
const rightTexts: Readonly<Record<string, fc.Arbitrary<string>>> = {
  environment: fc.stringMatching(/^[a-z][a-z0-9-]{0,19}$/),
  'mlflow.version': fc.constantFrom('3.17.2', '3.10', '2.0', '10.1.0.1'),
  'mlflow.admin': fc.stringMatching(/^[\w.@-]{1,64}$/),
  'mlflow.allowed-hosts': fc.constantFrom('', 'mlflow.local', 'a, b.example.org'),
  'mlflow.data-dir': fc.constantFrom('', '/srv/mlflow', '/data/a+b/'),
  'database.name': fc.stringMatching(/^[a-z_][a-z0-9_]{0,62}$/),
  'database.user': fc.stringMatching(/^[a-z_][a-z0-9_]{0,62}$/),
  'database.host': fc.oneof(
    fc.domain(),
    fc.ipV4(),
    fc.ipV6().filter((each) => !each.includes('.')),
  ),
  'database.ca': fc.constantFrom(
    '',
    '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
    '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n\n',
  ),
  's3.bucket': fc.stringMatching(/^[a-z][a-z0-9-]{1,40}[a-z0-9]$/),
  's3.prefix': fc.constantFrom('', 'mlflow', '/a/b/'),
  's3.region': fc.constantFrom('eu-north-1', 'RegionOne'),
  's3.endpoint': fc.constantFrom('', 'https://a3s.fi', 'http://10.0.0.1:9000/'),
  's3.access-key-id': fc.stringMatching(/^[\w.@/+=-]{1,128}$/),
  's3.profile': fc.stringMatching(/^[\w.@-]{1,64}$/),
  's3.data-bucket': fc.constantFrom('', 'my-data'),
  'azure.account': fc.stringMatching(/^[a-z0-9]{3,24}$/),
  'azure.container': fc.stringMatching(/^[a-z0-9]{3,63}$/),
  'azure.prefix': fc.constantFrom('', 'a/b'),
  'storage.bucket': fc.stringMatching(/^[a-z][a-z0-9-]{1,40}[a-z0-9]$/),
  'storage.data-dir': fc.constantFrom('', '/srv/objects'),
  'script.path': anyText.map((text) => `x${text.replaceAll('\0', '')}`),
  'script.run': fc.constantFrom('', 'install.sh', 'install.sh, run_tests.sh'),
  'script.args': shellText,
  'script.env': fc.constantFrom('', 'A=b', 'A="b c" D=1'),
};

function rightValue({ key, shape }: StackField): fc.Arbitrary<FieldValue> {
  switch (shape.kind) {
    case 'port':
      // Apart, since the ports of a store must differ.
      return key === 'storage.console-port'
        ? fc.integer({ min: 1, max: 4999 })
        : fc.integer({ min: 5000, max: 65_535 });
    case 'count':
      return fc.integer({ min: shape.min, max: shape.max });
    case 'yes-no':
      return fc.boolean();
    case 'choice':
      return fc.constantFrom(...shape.choices.map(({ value }) => value));
    case 'text':
      return rightTexts[key] ?? fc.constant('');
  }
}

/** Some of the fields, or all that a person has to tell. */
const drafts = (complete: boolean): fc.Arbitrary<StackDraft> =>
  fc.constantFrom(...stackNames).chain((stack) => {
    const fields = fieldsOf(stack);
    const needed = complete ? fields.filter(({ usual }) => usual === null).map(({ key }) => key) : [];
    return fc
      .record(Object.fromEntries(fields.map((field) => [field.key, rightValue(field)])), { requiredKeys: needed })
      .map((values) => ({ stack, values: { ...values } }));
  });

export const rightDrafts = drafts(true);
export const partDrafts = drafts(false);

const anyKey = fc.oneof(
  fc.constantFrom(...stackFields.map(({ key }) => key), '__proto__', 'constructor', 'toString'),
  fc.string(),
);
const anyValue: fc.Arbitrary<FieldValue> = fc.oneof(anyText, fc.double(), fc.integer(), fc.boolean());

export const wildDrafts: fc.Arbitrary<StackDraft> = fc.record({
  stack: fc.constantFrom(...stackNames),
  values: fc.dictionary(anyKey, anyValue, { noNullPrototype: true }),
});
export { anyText };
