// The linter, and with it the house rules: who may import whom (see CONTRIBUTING, "The rooms").
import js from '@eslint/js';
import boundaries from 'eslint-plugin-boundaries';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

const rooms = [
  ['shared', 'main/shared'],
  ['core', 'main/core'],
  ['adapters', 'main/adapters'],
  ['headless', 'main/headless'],
  ['electron', 'main/electron'],
  ['preload', 'preload'],
  ['renderer', 'renderer'],
  ['test', 'test'],
];

/** Room → rooms it may import from, and which outside modules (null: any). */
const mayImport = {
  shared: [['shared'], []],
  core: [
    ['core', 'shared'],
    ['zod', 'yaml'],
  ],
  adapters: [['adapters', 'core', 'shared'], null],
  headless: [['headless', 'adapters', 'core', 'shared'], null],
  // The desktop app serves the command line as well, by the headless host’s control socket.
  electron: [['electron', 'headless', 'adapters', 'core', 'shared'], null],
  preload: [['preload', 'shared'], ['electron']],
  renderer: [
    ['renderer', 'shared'],
    ['react', 'react-dom', 'react-dom/*', 'zustand', 'zustand/*', '@mantine/*', '@mantine/*/**', '@tabler/icons-react'],
  ],
  test: [['test', 'electron', 'headless', 'adapters', 'core', 'shared', 'renderer'], null],
};

const outside = ['external', 'core'];
const policies = Object.entries(mayImport).flatMap(([room, [inside, modules]]) => {
  const from = { element: { type: room } };
  const own = { from, allow: { to: { element: { types: { anyOf: inside } } } } };
  if (modules === null) return [own, { from, allow: { to: { module: { origin: outside } } } }];
  return [own, ...modules.map((source) => ({ from, allow: { to: { module: { origin: outside, source } } } }))];
});

export default tseslint.config(
  { ignores: ['out/', 'dist/', 'node_modules/', 'test-results/'] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  {
    files: ['**/*.{ts,tsx}'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { boundaries },
    settings: {
      'boundaries/elements': rooms.map(([type, pattern]) => ({ type, pattern })),
      'import/resolver': { node: { extensions: ['.ts', '.tsx', '.js'] } },
    },
    rules: {
      'boundaries/dependencies': ['error', { default: 'disallow', checkAllOrigins: true, policies }],
      '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: true }],
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      'no-restricted-exports': [
        'error',
        {
          restrictDefaultExports: {
            direct: true,
            named: true,
            defaultFrom: true,
            namedFrom: true,
            namespaceFrom: true,
          },
        },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  {
    files: ['renderer/**/*.{ts,tsx}'],
    plugins: { 'react-hooks': reactHooks },
    rules: reactHooks.configs.recommended.rules,
  },
  {
    // Tools dictate a default export for their configuration files.
    files: ['*.config.{ts,js}'],
    rules: { 'no-restricted-exports': 'off', 'boundaries/dependencies': 'off' },
  },
  { files: ['test/**/*.ts'], rules: { 'no-console': 'off', '@typescript-eslint/no-non-null-assertion': 'off' } },
);
