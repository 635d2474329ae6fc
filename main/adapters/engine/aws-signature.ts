/** Signature Version 4 of a request to S3 without a body and with a path that needs no further quoting (AWS S3 API, “Signature Calculations for the Authorization Header”). */
import { createHash, createHmac } from 'node:crypto';

export interface SignedRequest {
  readonly method: string;
  /** Perhaps with a query whose parts are quoted and in order. */
  readonly path: string;
  readonly host: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  readonly date: Date;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** Headers to be sent with it, beside `Host`. */
export function awsHeaders(request: SignedRequest): Record<string, string> {
  const time = request.date.toISOString().replace(/[-:]|\.\d+/g, '');
  const day = time.slice(0, 8);
  const [path = '/', query = ''] = request.path.split('?');
  const bodyHash = sha256('');
  const names = 'host;x-amz-content-sha256;x-amz-date';
  const canonical = [
    request.method,
    path,
    query,
    `host:${request.host}\nx-amz-content-sha256:${bodyHash}\nx-amz-date:${time}\n`,
    names,
    bodyHash,
  ].join('\n');
  const scope = `${day}/${request.region}/s3/aws4_request`;
  const parts = [day, request.region, 's3', 'aws4_request'];
  const key = parts.reduce<string | Buffer>((each, part) => hmac(each, part), `AWS4${request.secretAccessKey}`);
  const signature = hmac(key, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`).toString('hex');
  return {
    'x-amz-date': time,
    'x-amz-content-sha256': bodyHash,
    Authorization: `AWS4-HMAC-SHA256 Credential=${request.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
  };
}
