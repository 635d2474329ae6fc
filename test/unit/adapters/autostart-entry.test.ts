import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dataHomeIn,
  escapeString,
  formatExec,
  newEntry,
  parseExec,
  programIn,
  programOf,
  readEntry,
  switchedOn,
  tryExecIn,
  unescapeString,
  withDataHome,
  withProgram,
} from '../../../main/adapters/autostart-entry.ts';

const file = (...lines: string[]) => ['[Desktop Entry]', 'Type=Application', 'Name=Mooring', ...lines, ''].join('\n');
const ours = '/opt/Mooring/mooring';

describe('the Exec line', () => {
  it.each([
    [['/opt/Mooring/mooring', '--hidden'], '/opt/Mooring/mooring --hidden'],
    [['/home/ada/My Apps/Mooring.AppImage'], '"/home/ada/My Apps/Mooring.AppImage"'],
    [['/a/100%/x'], '/a/100%%/x'],
    [['/a/"b"/$c/`d`/e\\f'], String.raw`"/a/\\"b\\"/\\$c/\\` + '`d' + String.raw`\\` + '`/e' + String.raw`\\\\f"`],
    [['/a/(b)'], '"/a/(b)"'],
    [['/a', ''], '/a ""'],
    [['/a\nb'], String.raw`"/a\nb"`],
  ])('%j is written as %s', (argv, line) => {
    expect(escapeString(formatExec(argv))).toBe(line);
  });

  it.each([
    ['mooring', ['mooring']],
    ['/opt/mooring %U --hidden', ['/opt/mooring', '--hidden']],
    ['/opt/mooring --icon=%i', ['/opt/mooring', '--icon=']],
    ['  "/opt/a b"   -x  ', ['/opt/a b', '-x']],
    ['"/opt/a', null],
    ['/opt/a"b"', null],
    ['', null],
  ])('%s is read as %j', (exec, argv) => {
    expect(parseExec(exec)).toEqual(argv);
  });

  it('gives back any arguments, through both layers of escapes and a whole file', () => {
    const argument = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(...'"\'\\$`% \n\r\t;=#%uUs\u2028\u00a0', 'ä', '🔑') }),
    );
    fc.assert(
      fc.property(fc.array(argument, { minLength: 1 }), (argv) => {
        const line = escapeString(formatExec(argv));
        expect(line).not.toMatch(/[\n\r]/);
        expect(parseExec(unescapeString(line))).toEqual(argv);
        const program = `/${argv.join('/')}/mooring`;
        expect(programIn(newEntry([program, '--hidden'], 'mooring'))).toBe(program);
        const home = argv.join('');
        expect(dataHomeIn(newEntry(withDataHome(home, [program, '--hidden']), 'mooring'))).toBe(home);
        expect(readEntry(newEntry([program, '--hidden'], 'mooring'), [])).toEqual({ kind: 'on', hidden: true });
      }),
    );
  });
});

describe('how an entry stands', () => {
  it.each([
    ['ours', file(`Exec=${ours} --hidden`), 'on'],
    ['hidden by a person', file(`Exec=${ours}`, 'Hidden=true'), 'blocked'],
    ['explicitly not hidden', file(`Exec=${ours}`, 'Hidden=false'), 'on'],
    ['switched off in GNOME', file(`Exec=${ours}`, 'X-GNOME-Autostart-enabled=false'), 'blocked'],
    ['switched off in MATE', file(`Exec=${ours}`, 'X-MATE-Autostart-enabled=false'), 'blocked'],
    ['not for this desktop', file(`Exec=${ours}`, 'NotShowIn=KDE;GNOME;'), 'blocked'],
    ['not for another desktop', file(`Exec=${ours}`, 'NotShowIn=KDE;'), 'on'],
    ['for other desktops only', file(`Exec=${ours}`, 'OnlyShowIn=KDE;XFCE;'), 'blocked'],
    ['for this desktop only', file(`Exec=${ours}`, 'OnlyShowIn=GNOME;'), 'on'],
    ['with spaces around the equals sign', file(`Exec = ${ours}`, 'Hidden = true'), 'blocked'],
    ['with Windows line ends', file(`Exec=${ours}`, 'Hidden=true').replaceAll('\n', '\r\n'), 'blocked'],
    ['hidden in another group only', file(`Exec=${ours}`, '[Desktop Action x]', 'Hidden=true'), 'on'],
    ['the last of two values counts', file(`Exec=${ours}`, 'Hidden=true', 'Hidden=false'), 'on'],
    ['an empty file', '', 'empty'],
    ['no command', file(), 'empty'],
    ['not such a file', 'PNG…', 'empty'],
  ])('%s', (_what, text, kind) => {
    expect(readEntry(text, ['ubuntu', 'GNOME']).kind).toBe(kind);
  });

  it('does not take an empty desktop name for a listed one', () => {
    expect(readEntry(file(`Exec=${ours}`, 'NotShowIn=KDE;'), ['']).kind).toBe('on');
  });

  it('knows whether it starts hidden', () => {
    expect(readEntry(file(`Exec=${ours} --hidden`), [])).toEqual({ kind: 'on', hidden: true });
    expect(readEntry(file(`Exec=${ours}`), [])).toEqual({ kind: 'on', hidden: false });
  });
});

describe('bringing an entry up to date', () => {
  it.each([
    ['is right already', `Exec=${ours} --hidden`, null],
    ['names an older image', 'Exec=/home/ada/Mooring-0.9.AppImage --hidden', `Exec=${ours} --hidden`],
    ['shows a window', `Exec=${ours}`, `Exec=${ours} --hidden`],
    ['came from a checkout', 'Exec=/x/electron --no-sandbox /x/mooring', `Exec=${ours} --hidden --no-sandbox`],
    [
      'has an option of the user’s',
      'Exec=/old/mooring --ozone-platform=wayland',
      `Exec=${ours} --hidden --ozone-platform=wayland`,
    ],
    ['has it already', `Exec=${ours} --ozone-platform=wayland --hidden`, null],
    ['is wrapped by the user', 'Exec=sh -c "sleep 9; /old/mooring"', null],
    ['is given an environment by the user', 'Exec=env A=1 /old/mooring --hidden', null],
    ['is wrapped, by full paths', `Exec=/usr/bin/firejail ${ours} --hidden`, null],
    ['is wrapped, with options', `Exec=/usr/bin/flatpak-spawn --host /old/Mooring.AppImage`, null],
    ['is a script of the user’s', 'Exec=/home/ada/bin/start-mooring --hidden', null],
    ['starts another app by Electron', 'Exec=/usr/bin/electron --hidden', null],
    ['is an AppImage in a wrapper', 'Exec=/home/ada/Firejail.AppImage /home/ada/Mooring.AppImage', null],
    ['is found in the path', 'Exec=mooring --hidden', null],
    ['is given more than our environment', 'Exec=env MOORING_HOME=/d A=1 /old/mooring', null],
    ['names other data', 'Exec=env "MOORING_HOME=/d e" /old/mooring', `Exec=${ours} --hidden`],
    ['can’t be read', 'Exec="/old', `Exec=${ours} --hidden`],
  ])('one that %s', (_what, old, next) => {
    const around = (exec: string) =>
      [
        '# mine',
        '[Desktop Entry]',
        'Name=Mooring',
        'Name[de]=Muring',
        exec,
        'X-Mine=1',
        '',
        '[Other]',
        'Exec=x',
        '',
      ].join('\n');
    expect(withProgram(around(old), [ours, '--hidden'])).toBe(next === null ? null : around(next));
  });

  it('carries where the data are, and keeps options that were added', () => {
    const next = withDataHome('/d e', [ours, '--hidden']);
    const line = `Exec=env "MOORING_HOME=/d e" ${ours} --hidden`;
    expect(withProgram(file('Exec=env MOORING_HOME=/d /old/mooring -x'), next)).toBe(file(`${line} -x`));
    expect(withProgram(file(line), next)).toBeNull();
    expect(withDataHome('', [ours])).toEqual([ours]);
    expect(programIn(file(line))).toBe(ours);
    expect(dataHomeIn(file(line))).toBe('/d e');
    expect(dataHomeIn(file(`Exec=${ours}`))).toBe('');
    expect(dataHomeIn(file(`Exec=/usr/bin/firejail ${ours}`))).toBeNull();
    expect(readEntry(file(line), [])).toEqual({ kind: 'on', hidden: true });
  });

  it('takes the wish to start hidden back', () => {
    expect(withProgram(file(`Exec=${ours} --hidden`), [ours])).toBe(file(`Exec=${ours}`));
  });

  it('adds what is missing at the end of its group', () => {
    expect(withProgram('[Desktop Entry]\nName=M\n\n[Other]\nA=b\n', [ours])).toBe(
      `[Desktop Entry]\nName=M\nExec=${ours}\n\n[Other]\nA=b\n`,
    );
  });
});

describe('switching on', () => {
  it('takes away what stood against it and keeps the rest', () => {
    const old = file(
      'Exec=/old',
      'Hidden=true',
      'TryExec=/gone/mooring',
      'X-GNOME-Autostart-enabled=false',
      'NotShowIn=GNOME;',
      'X-GNOME-Autostart-Delay=5',
      '[Other]',
      'Hidden=true',
    );
    const next = switchedOn(old, [ours], 'mooring');
    expect(next).toBe(
      file(`Exec=${ours}`, 'X-GNOME-Autostart-enabled=true', 'X-GNOME-Autostart-Delay=5', '[Other]', 'Hidden=true'),
    );
    expect(readEntry(next, ['GNOME'])).toEqual({ kind: 'on', hidden: false });
  });

  it('reads what must be there', () => {
    expect(tryExecIn(file('TryExec=/a\\sb'))).toBe('/a b');
    expect(tryExecIn(file('TryExec='))).toBeNull();
    expect(tryExecIn(file('[Other]', 'TryExec=/x'))).toBeNull();
  });

  it('starts anew where there was no entry', () => {
    expect(switchedOn('garbage', [ours, '--hidden'], 'mooring')).toBe(
      [
        '[Desktop Entry]',
        'Type=Application',
        'Name=Mooring',
        'Comment=Keeps SSH tunnels to ML servers up',
        `Exec=${ours} --hidden`,
        'Icon=mooring',
        'Terminal=false',
        'X-GNOME-Autostart-enabled=true',
        '',
      ].join('\n'),
    );
  });
});

describe('what starts this program again', () => {
  const run = { env: {}, execPath: ours, appPath: '/opt/Mooring/resources/app.asar', packaged: true, argv: [ours] };
  const image = { APPIMAGE: '/home/ada/M.AppImage', APPDIR: '/tmp/.mount_M1' };

  it.each([
    ['a package: the program', run, [ours], true],
    ['an AppImage: the image', { ...run, env: image, execPath: '/tmp/.mount_M1/mooring' }, [image.APPIMAGE], true],
    ['a package, started by another AppImage', { ...run, env: image }, [ours], true],
    ['a checkout', { ...run, packaged: false, appPath: '/src' }, [ours, '/src'], false],
    [
      'without the sandbox',
      { ...run, packaged: false, appPath: '/src', argv: ['x', '--no-sandbox', '/src'] },
      [ours, '--no-sandbox', '/src'],
      false,
    ],
  ])('%s', (_what, options, argv, installed) => {
    expect(programOf(options)).toEqual({ argv, installed });
  });
});
