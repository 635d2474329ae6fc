/** The system's errors in words. */

/** The system's error code (`ENOSPC`…), or `otherwise` where there is none. */
export function errorCode(error: unknown, otherwise = ''): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : otherwise;
}

export function errorText(error: unknown): string {
  if (error instanceof Error) return error.message;
  return typeof error === 'string' ? error : 'unknown error';
}

const fileReasons: Readonly<Record<string, string>> = {
  EACCES: 'there is no permission',
  EPERM: 'there is no permission',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'your disk quota is used up',
  EFBIG: 'the file would be larger than is allowed here',
  EISDIR: 'a folder is in its place',
  ENOTDIR: 'a part of its path is a file, not a folder',
  ELOOP: 'its links lead in a circle',
  EBUSY: 'another program holds it',
  EIO: 'the disk reports an error',
};

/** Why a file could not be read or written, to follow a colon; the system's own text where it is none of the usual. */
export function fileReason(error: unknown): string {
  return fileReasons[errorCode(error)] ?? errorText(error);
}
