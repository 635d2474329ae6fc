/** Why an HTTP request got no answer, in words. */
import { failure, type Failure, type FailureCode } from '../shared/failure.ts';
import { errorCode, errorText } from './system-errors.ts';

const reasons: Readonly<Record<string, readonly [FailureCode, string]>> = {
  ECONNREFUSED: ['refused', 'refused the connection'],
  ENOTFOUND: ['address-unknown', 'is no name that can be found'],
  EAI_AGAIN: ['address-unknown', 'could not be looked up'],
  ETIMEDOUT: ['timed-out', 'did not answer'],
  ECONNRESET: ['link-lost', 'closed the connection without a full answer'],
  EPIPE: ['link-lost', 'closed the connection without a full answer'],
  ECONNABORTED: ['link-lost', 'closed the connection without a full answer'],
  EHOSTUNREACH: ['unreachable', 'can’t be reached'],
  ENETUNREACH: ['unreachable', 'can’t be reached'],
  EHOSTDOWN: ['unreachable', 'is down'],
  EADDRNOTAVAIL: ['unreachable', 'can’t be reached from this machine'],
  EPROTO: ['protocol-error', 'does not speak TLS'],
};

/** `host`: with its port, as a person would name it. */
export function httpFailure(error: unknown, host: string): Failure {
  const code = codeOf(error);
  const [failureCode, words] = reasons[code] ?? otherReason(code);
  return failure(failureCode, `${host} ${words}`, { detail: code === '' ? errorText(error) : code });
}

function otherReason(code: string): readonly [FailureCode, string] {
  if (code.startsWith('HPE_')) return ['protocol-error', 'does not speak HTTP'];
  if (/^(ERR_TLS|CERT_|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|ERR_SSL)/.test(code)) {
    return ['protocol-error', 'shows a certificate that this machine does not trust'];
  }
  return ['link-lost', 'could not be talked to'];
}

/** A name with several addresses fails with an error for each of them. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError && errorCode(error) === '') return errorCode(error.errors[0]);
  return errorCode(error);
}
