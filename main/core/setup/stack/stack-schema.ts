/**
 * The JSON schema of stack files, for editors. Made of the same tables as the form; build/stack.schema.json is a copy of
 * it to be published (`npm run schema` writes that, a test holds them equal).
 */
import { fieldsOf, stackCards, type StackField } from '../../../shared/setup/stack-fields.ts';
import { stackNames, stackSecretNames, type StackName } from '../../../shared/setup/stack.ts';

export const stackSchemaUrl = 'https://mooring.github.io/stack.schema.json';

export type JsonSchema = Readonly<Record<string, unknown>>;

export function stackSchema(): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: stackSchemaUrl,
    title: 'Mooring stack',
    description: 'What Mooring sets up on a server. Secrets are never written here: they are listed by name at most.',
    type: 'object',
    required: ['stack'],
    properties: {
      stack: {
        description: stackNames.map((name) => `${name}: ${stackCards[name].summary}`).join('\n'),
        enum: stackNames,
      },
    },
    // Per stack as a condition and not as alternatives: an editor then says what is wrong with the one that is meant.
    allOf: stackNames.map((name) => ({
      if: { type: 'object', required: ['stack'], properties: { stack: { const: name } } },
      then: ofStack(name),
    })),
  };
}

function ofStack(name: StackName): JsonSchema {
  const properties: Record<string, unknown> = { stack: true };
  for (const field of fieldsOf(name)) {
    const [group, key] = field.key.split('.');
    if (group === undefined || key === undefined) properties[field.key] = ofField(field);
    else properties[group] ??= ofGroup(name, group);
  }
  properties['secrets'] = {
    description: 'Which secrets it needs, by name. Their values never stand here.',
    type: 'array',
    items: { enum: stackSecretNames },
    uniqueItems: true,
  };
  return { title: stackCards[name].title, properties, additionalProperties: false };
}

function ofGroup(name: StackName, group: string): JsonSchema {
  const own = fieldsOf(name).filter(({ key }) => key.startsWith(`${group}.`));
  return {
    type: ['object', 'null'],
    properties: Object.fromEntries(own.map((field) => [field.key.slice(group.length + 1), ofField(field)])),
    additionalProperties: false,
  };
}

function ofField(field: StackField): JsonSchema {
  const { label, help, usual } = field;
  return {
    title: label,
    ...(help === null ? {} : { description: help }),
    ...ofShape(field),
    ...(usual === null || usual === '' ? {} : { default: usual }),
  };
}

function ofShape({ shape }: StackField): JsonSchema {
  switch (shape.kind) {
    case 'text':
      return { type: 'string', ...(shape.example === undefined ? {} : { examples: [shape.example] }) };
    case 'port':
      return { type: 'integer', minimum: 1, maximum: 65_535 };
    case 'count':
      return { type: 'integer', minimum: shape.min, maximum: shape.max };
    case 'yes-no':
      return { type: 'boolean' };
    case 'choice':
      return {
        enum: shape.choices.map(({ value }) => value),
        enumDescriptions: shape.choices.map(({ label }) => label),
      };
    default:
      return shape satisfies never;
  }
}
