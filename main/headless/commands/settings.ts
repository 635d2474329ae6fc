/** `settings`: what a person can set. */
import type { Command } from 'commander';
import { defaultSettings, settingRanges, themes, type Settings } from '../../shared/settings.ts';
import { addCommand, show, type Context, type JsonOption } from './context.ts';
import { wrongUse } from '../exit-codes.ts';
import { suggest } from '../terminal/near-names.ts';
import { tableLines } from '../terminal/text-table.ts';

const keys = Object.keys(defaultSettings) as (keyof Settings)[];

export function addSettingsCommands(program: Command, context: Context): void {
  const settings = program.command('settings').description('read and change settings');

  addCommand(settings, 'get [name]', 'one setting, or all').action(
    async (name: string | undefined, options: JsonOption) => {
      const key = name === undefined ? null : findKey(name);
      const { settings: all } = await (await context.core()).snapshot();
      if (key) show(context, options, all[key], () => [String(all[key])]);
      else {
        const rows = keys.map((each) => [each, String(all[each]), explain(each)]);
        show(context, options, all, () => tableLines(rows, '', context.terminal.columns));
      }
    },
  );

  addCommand(settings, 'set <name> <value>', 'change one setting')
    .addHelpText('after', '\nExamples:\n  mooring settings set holdSeconds 20\n  mooring settings set theme dark')
    .action(async (name: string, value: string, options: JsonOption) => {
      const key = findKey(name);
      const patch = { [key]: parseValue(key, value) };
      const all = await (await context.core()).call('settings.set', { patch });
      show(context, options, all, () => [`${key} is ${String(all[key])}`]);
    });
}

function findKey(name: string): keyof Settings {
  const plain = (text: string) => text.toLowerCase().replaceAll('-', '');
  const key = keys.find((each) => plain(each) === plain(name));
  if (key) return key;
  throw wrongUse(`There is no setting called ${name}.`, suggest(name, keys, ''));
}

function parseValue(key: keyof Settings, text: string): Settings[keyof Settings] {
  const before = defaultSettings[key];
  if (typeof before === 'boolean') {
    if (['true', 'on', 'yes'].includes(text)) return true;
    if (['false', 'off', 'no'].includes(text)) return false;
    throw wrongUse(`${key} is on or off, not ${text}.`);
  }
  if (typeof before === 'number') {
    if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
    throw wrongUse(`${key} is a number, not ${text}.`, explain(key));
  }
  const theme = themes.find((each) => each === text);
  if (theme) return theme;
  throw wrongUse(`${key} can’t be ${text}.`, explain(key));
}

function explain(key: keyof Settings): string {
  switch (key) {
    case 'theme':
      return `Window colours: ${themes.join(', ')}`;
    case 'holdSeconds':
      return `How long a client waits while the connection is re-made, seconds, ${range(key)}`;
    case 'retryMaxSeconds':
      return `Longest pause between two tries, seconds, ${range(key)}`;
    case 'deadLinkSeconds':
      return `A dead link is noticed within this time, seconds, ${range(key)}`;
    case 'useKnownHosts':
      return 'Read ~/.ssh/known_hosts too';
    case 'notifications':
      return 'Desktop notifications (desktop app)';
    case 'startHidden':
      return 'At login, in the tray only (desktop app)';
    case 'checkForUpdates':
      return 'Look for newer versions (desktop app)';
    default:
      return key satisfies never;
  }
}

function range(key: keyof typeof settingRanges): string {
  const [least, most] = settingRanges[key];
  return `${String(least)} to ${String(most)}`;
}
