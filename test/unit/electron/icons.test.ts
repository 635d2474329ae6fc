/** The icon files as they are committed: there for every state, of the right sizes, in sound containers. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { trayIconPath } from '../../../main/electron/tray-icons.ts';
import { lightShape, type Light } from '../../../main/shared/words.ts';

const buildDir = join(import.meta.dirname, '..', '..', '..', 'build');
const lights = Object.keys(lightShape) as Light[];
const icon = (light: Light, platform: NodeJS.Platform) => trayIconPath(light, platform, join(buildDir, 'tray'));

/** Width and height from the header; throws where it is no PNG. */
function pngSize(bytes: Buffer): number {
  expect(bytes.subarray(0, 8)).toEqual(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]));
  expect(bytes.subarray(-8, -4).toString('latin1')).toBe('IEND');
  expect(bytes.readUInt32BE(20)).toBe(bytes.readUInt32BE(16));
  return bytes.readUInt32BE(16);
}

/** Sizes of the images in an .ico; each must be what its entry says. */
function icoSizes(bytes: Buffer): readonly number[] {
  expect(bytes.readUInt32LE(0)).toBe(0x00010000);
  const count = bytes.readUInt16LE(4);
  let next = 6 + 16 * count;
  const sizes = Array.from({ length: count }, (_, at) => {
    const entry = 6 + 16 * at;
    const [length, offset] = [bytes.readUInt32LE(entry + 8), bytes.readUInt32LE(entry + 12)];
    expect(offset).toBe(next);
    next += length;
    const size = pngSize(bytes.subarray(offset, offset + length));
    expect(bytes.readUInt8(entry)).toBe(size % 256);
    return size;
  });
  expect(next).toBe(bytes.length);
  return sizes;
}

describe('tray icons', () => {
  it.each(lights)('are there for “%s” on every system', (light) => {
    const [linux, mac] = [icon(light, 'linux'), icon(light, 'darwin')];
    const twice = (path: string) => path.replace('.png', '@2x.png');
    expect([linux, twice(linux)].map((path) => pngSize(readFileSync(path)))).toEqual([24, 48]);
    expect(mac).toMatch(/Template\.png$/);
    expect([mac, twice(mac)].map((path) => pngSize(readFileSync(path)))).toEqual([16, 32]);
    expect(icoSizes(readFileSync(icon(light, 'win32')))).toEqual([16, 20, 24, 32, 48]);
  });

  it.each(['linux', 'darwin', 'win32'] as const)('differ by state on %s', (platform) => {
    const pictures = new Set(lights.map((light) => readFileSync(icon(light, platform)).toString('base64')));
    expect(pictures.size).toBe(lights.length);
  });
});

describe('app icons', () => {
  it('come in every size for Linux', () => {
    for (const size of [16, 24, 32, 48, 64, 128, 256, 512]) {
      const name = `${String(size)}x${String(size)}.png`;
      expect(pngSize(readFileSync(join(buildDir, 'icons', name)))).toBe(size);
    }
  });

  it('come in one file for Windows', () => {
    expect(icoSizes(readFileSync(join(buildDir, 'icon.ico')))).toEqual([16, 24, 32, 48, 64, 128, 256]);
  });

  it('come in one file for macOS', () => {
    const bytes = readFileSync(join(buildDir, 'icon.icns'));
    expect(bytes.toString('latin1', 0, 4)).toBe('icns');
    expect(bytes.readUInt32BE(4)).toBe(bytes.length);
    const sizes: Record<string, number> = {};
    for (let at = 8; at < bytes.length;) {
      const length = bytes.readUInt32BE(at + 4);
      sizes[bytes.toString('latin1', at, at + 4)] = pngSize(bytes.subarray(at + 8, at + length));
      at += length;
    }
    // Apple's names: points × scale.
    expect(sizes).toEqual({ ic07: 128, ic08: 256, ic09: 512, ic10: 1024, ic11: 32, ic12: 64, ic13: 256, ic14: 512 });
  });

  it('are drawn from sources that are there', () => {
    for (const name of ['icon.svg', 'tray.svg', 'make-icons.mjs']) expect(existsSync(join(buildDir, name))).toBe(true);
  });
});
