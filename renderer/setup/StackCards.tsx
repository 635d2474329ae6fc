import { UnstyledButton } from '@mantine/core';
import {
  IconBolt,
  IconBrandAzure,
  IconBucket,
  IconCloudDataConnection,
  IconDatabase,
  IconFileCode,
  IconStack2,
  IconCloud,
} from '@tabler/icons-react';
import { stackCards } from '../../main/shared/setup/stack-fields.ts';
import { stackNames, type StackName } from '../../main/shared/setup/stack.ts';

const icons: Record<StackName, typeof IconBolt> = {
  'mlflow-quick-start': IconBolt,
  'mlflow-postgres': IconDatabase,
  'mlflow-external-postgres': IconCloudDataConnection,
  'mlflow-s3': IconCloud,
  'mlflow-azure-blob': IconBrandAzure,
  'mlflow-full': IconStack2,
  'object-storage': IconBucket,
  script: IconFileCode,
};

interface Props {
  readonly enabled: boolean;
  readonly onChoose: (stack: StackName) => void;
}

export function StackCards({ enabled, onChoose }: Props) {
  return (
    <div className="stack-cards">
      {stackNames.map((stack) => {
        const Icon = icons[stack];
        return (
          <UnstyledButton
            key={stack}
            className="stack-card"
            disabled={!enabled}
            onClick={() => {
              onChoose(stack);
            }}
          >
            <Icon size={20} aria-hidden />
            <strong>{stackCards[stack].title}</strong>
            <span className="dim">{stackCards[stack].summary}</span>
          </UnstyledButton>
        );
      })}
    </div>
  );
}
