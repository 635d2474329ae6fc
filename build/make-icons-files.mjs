/** Writers of the two formats that hold an icon in several sizes. Both take PNGs as they are. */
import { Buffer } from 'node:buffer';

/**
 * Windows: a directory of 16 bytes an image, then the images. PNGs inside are read since Windows Vista
 * (https://learn.microsoft.com/windows/win32/menurc/newheader and the ICONDIRENTRY beside it).
 */
export function ico(images) {
  const head = Buffer.alloc(6 + 16 * images.length);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(images.length, 4);
  let offset = head.length;
  for (const [at, { size, png }] of images.entries()) {
    const entry = 6 + 16 * at;
    // 0 stands for 256.
    head.writeUInt8(size % 256, entry);
    head.writeUInt8(size % 256, entry + 1);
    head.writeUInt16LE(1, entry + 4);
    head.writeUInt16LE(32, entry + 6);
    head.writeUInt32LE(png.length, entry + 8);
    head.writeUInt32LE(offset, entry + 12);
    offset += png.length;
  }
  return Buffer.concat([head, ...images.map(({ png }) => png)]);
}

/**
 * macOS: chunks of type, length (of all of the chunk) and PNG. The types name a size in points and a scale, so that a
 * size in px may have two of them. `icp4` and `icp5` are left out: PNGs in them are not drawn by every macOS.
 */
const icnsTypes = {
  32: ['ic11'],
  64: ['ic12'],
  128: ['ic07'],
  256: ['ic13', 'ic08'],
  512: ['ic14', 'ic09'],
  1024: ['ic10'],
};

export function icns(images) {
  const chunks = images.flatMap(({ size, png }) =>
    (icnsTypes[size] ?? []).map((type) => Buffer.concat([Buffer.from(type, 'latin1'), uint32(png.length + 8), png])),
  );
  const body = Buffer.concat(chunks);
  return Buffer.concat([Buffer.from('icns', 'latin1'), uint32(body.length + 8), body]);
}

function uint32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
