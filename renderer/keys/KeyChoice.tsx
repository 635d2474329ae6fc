import { Button, Radio } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import type { CallValue } from '../../main/shared/contract.ts';
import { describeKey, type MadeKey } from '../../main/shared/keys.ts';
import type { Asked } from '../api/use-asked.ts';
import { CopyText } from '../shell/CopyText.tsx';
import { Trouble } from '../shell/Trouble.tsx';
import { MakeKey } from './MakeKey.tsx';

interface Props {
  readonly found: Asked<CallValue<'keys.list'>>;
  /** The path of a key; may be one that is not on the list. */
  readonly value: string;
  readonly onChange: (path: string) => void;
  /** The server does not have a key made here yet: says where its public half goes. */
  readonly tellPublic?: boolean;
  readonly disabled?: boolean;
}

/** The keys of ~/.ssh to pick one, and a way to make another. Is no form of its own: it stands in some. */
export function KeyChoice({ found, value, onChange, tellPublic = false, disabled = false }: Props) {
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<MadeKey | null>(null);
  const keys = found.value?.keys ?? [];
  return (
    <div className="key-choice">
      {keys.length > 0 && (
        <Radio.Group label="Keys in ~/.ssh" value={value} onChange={onChange}>
          <div className="key-list">
            {keys.map((each) => (
              <Radio
                key={each.path}
                value={each.path}
                disabled={disabled}
                label={<span className="mono">{each.path}</span>}
                description={describeKey(each)}
                title={each.fingerprint ?? undefined}
              />
            ))}
          </div>
        </Radio.Group>
      )}
      {found.failure !== null && (
        <Trouble tone="working" message={found.failure.message} hint={found.failure.hint}>
          <Button size="xs" variant="default" onClick={found.again}>
            Look again
          </Button>
        </Trouble>
      )}
      {keys.length === 0 && found.value !== null && !making && made === null && (
        <p className="dim">There is no key in ~/.ssh yet.</p>
      )}
      {made !== null && (
        <div className="key-made" role="status">
          <p>
            <span className="mono">{made.path}</span> was made.
            {tellPublic &&
              ' A server lets it in once it has its public half, which the page of your provider may take:'}
          </p>
          {tellPublic && <CopyText text={made.publicLine} label="Copy the public half" />}
          {tellPublic && (
            <p className="dim">Or log in by password now: the next step offers to put the key on the server.</p>
          )}
        </div>
      )}
      {making ? (
        <MakeKey
          onMade={(key) => {
            setMade(key);
            setMaking(false);
            found.again();
            onChange(key.path);
          }}
          onCancel={() => {
            setMaking(false);
          }}
        />
      ) : (
        <div>
          <Button
            size="xs"
            variant="default"
            disabled={disabled}
            leftSection={<IconPlus size={14} />}
            onClick={() => {
              setMaking(true);
            }}
          >
            Make a key…
          </Button>
        </div>
      )}
    </div>
  );
}
