import { Input, SegmentedControl, TextInput } from '@mantine/core';
import type { Login } from '../../main/shared/server.ts';
import { loginWords } from '../../main/shared/words.ts';
import type { FieldErrors } from '../api/field-errors.ts';
import { useAsked } from '../api/use-asked.ts';
import { KeyChoice } from '../keys/KeyChoice.tsx';
import type { ServerValues } from './server-form.ts';

const kinds = Object.keys(loginWords) as Login['kind'][];

interface Props {
  readonly values: ServerValues;
  readonly errors: FieldErrors;
  readonly set: (patch: Partial<ServerValues>) => void;
}

export function LoginFields({ values, errors, set }: Props) {
  const found = useAsked('keys.list', {}, values.loginKind === 'key');
  return (
    <div>
      <Input.Label component="div">Login</Input.Label>
      <SegmentedControl
        fullWidth
        size="sm"
        aria-label="Login"
        data={kinds.map((kind) => ({ value: kind, label: loginWords[kind].name }))}
        value={values.loginKind}
        onChange={(kind) => {
          set({ loginKind: kinds.find((each) => each === kind) ?? 'auto' });
        }}
      />
      <p className="field-note dim">{loginWords[values.loginKind].explanation}</p>
      {errors['login'] !== undefined && <Input.Error>{errors['login']}</Input.Error>}
      {values.loginKind === 'key' && (
        <div className="key-fields">
          <KeyChoice
            found={found}
            tellPublic
            value={values.keyPath}
            onChange={(keyPath) => {
              set({ keyPath });
            }}
          />
          <TextInput
            label="Key file"
            placeholder="~/.ssh/id_ed25519"
            spellCheck={false}
            classNames={{ input: 'mono' }}
            value={values.keyPath}
            error={errors['login.path']}
            onChange={(event) => {
              set({ keyPath: event.currentTarget.value });
            }}
          />
        </div>
      )}
    </div>
  );
}
