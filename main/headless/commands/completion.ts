/** `completion`: shell completion, with the names of servers and forwards where a core runs to ask. */
import tab, { type ArgumentHandler, type OptionHandler } from '@bomb.sh/tab';
import addTab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';
import { demoFaults } from '../../shared/contract.ts';
import { forwardPresets } from '../../shared/forward.ts';
import { defaultSettings } from '../../shared/settings.ts';
import { hostsPresets } from '../../shared/hosts.ts';
import { stackCards, stackFields } from '../../shared/setup/stack-fields.ts';
import { stackNames } from '../../shared/setup/stack.ts';
import type { Snapshot } from '../../shared/snapshot.ts';
import { describeServer } from '../../shared/words.ts';
import { shellNames } from './environment.ts';
import { promptLine } from '../terminal/prompt-words.ts';

/** Must come last: it reads the commands there are. `snapshot` null: no names to offer. */
export function addCompletionCommand(program: Command, snapshot: Snapshot | null): void {
  addTab(program, { completionCommandName: 'completion' });
  const servers: ArgumentHandler = (complete) => {
    for (const each of snapshot?.servers ?? []) complete(each.profile.name, describeServer(each, Date.now()));
  };
  const forwards: ArgumentHandler = (complete) => {
    for (const { profile } of snapshot?.servers ?? []) {
      for (const each of profile.forwards) complete(`${profile.name}/${each.label}`, String(each.bind.port));
    }
  };
  const stacks: ArgumentHandler = (complete) => {
    for (const each of stackNames) complete(each, stackCards[each].title);
  };
  const byArgument: Record<string, ArgumentHandler> = {
    server: servers,
    forward: forwards,
    targets(complete, options) {
      servers.call(this, complete, options);
      forwards.call(this, complete, options);
    },
    id(complete) {
      for (const each of snapshot?.prompts ?? []) complete(each.id, promptLine(each));
    },
    spec(complete) {
      for (const each of forwardPresets) complete(each.name, each.label);
    },
    stack: stacks,
    how(complete) {
      for (const each of demoFaults) complete(each, '');
    },
  };
  const byOption: Record<string, OptionHandler> = {
    stack(complete) {
      for (const each of stackNames) complete(each, stackCards[each].title);
    },
    shell(complete) {
      for (const each of shellNames) complete(each, '');
    },
    preset(complete) {
      for (const each of hostsPresets) complete(each.name, each.label);
    },
    set(complete) {
      for (const [key, label] of new Map(stackFields.map((each) => [each.key, each.label]))) complete(`${key}=`, label);
    },
    environment(complete) {
      const known = snapshot?.servers.flatMap(({ profile }) => profile.stacks) ?? [];
      for (const each of new Set(known.map(({ environment }) => environment))) complete(each, '');
    },
  };
  for (const [path, command] of tab.commands) {
    for (const [name, option] of command.options) {
      const handler = byOption[name];
      if (handler) option.handler = handler;
    }
    for (const [name, argument] of command.arguments) {
      const handler = byArgument[name];
      if (handler) argument.handler = handler;
      else if (path.startsWith('settings ') && name === 'name') {
        argument.handler = (complete) => {
          for (const key of Object.keys(defaultSettings)) complete(key, '');
        };
      }
    }
  }
}
