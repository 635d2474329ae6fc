/** Questions to the user. They are state: they survive a reload and can be answered from window or command line. */

export interface HostKeyInfo {
  /** As in known_hosts: ssh-ed25519, ecdsa-sha2-nistp256, ssh-rsa … */
  readonly keyType: string;
  /** `SHA256:` and base64 without padding, as OpenSSH prints it. */
  readonly fingerprint: string;
}

export interface KnownHostKey extends HostKeyInfo {
  /** Epoch milliseconds; null when the place it is stored in does not say. */
  readonly firstSeenMs: number | null;
  /** `Mooring`, or the path of a known_hosts file with its line: `~/.ssh/known_hosts:12`. */
  readonly storedIn: string;
}

export interface LoginQuestion {
  /** The server's own words. */
  readonly text: string;
  /** False: what is typed must not be shown. */
  readonly echo: boolean;
}

export type PromptBody =
  | { readonly kind: 'host-key-unknown'; readonly host: string; readonly presented: HostKeyInfo }
  | {
      readonly kind: 'host-key-changed';
      readonly host: string;
      readonly presented: HostKeyInfo;
      readonly known: readonly KnownHostKey[];
    }
  | { readonly kind: 'passphrase'; readonly keyPath: string; readonly wasWrong: boolean }
  | { readonly kind: 'password'; readonly user: string; readonly host: string; readonly wasWrong: boolean }
  /** Of an account on the server, for sudo; asked once a run and kept nowhere. */
  | { readonly kind: 'sudo-password'; readonly user: string; readonly host: string; readonly wasWrong: boolean }
  | {
      readonly kind: 'codes';
      readonly title: string;
      readonly instructions: string;
      readonly questions: readonly LoginQuestion[];
    }
  | {
      readonly kind: 'confirm';
      readonly title: string;
      readonly message: string;
      readonly confirmLabel: string;
      readonly destructive: boolean;
      /** Name of the server whose key file can’t be used: a yes helps only once that is mended, or another is chosen. */
      readonly keyOf?: string;
    };

export type PromptKind = PromptBody['kind'];

export type Prompt = PromptBody & {
  readonly id: string;
  /** The server whose connection waits for the answer; null when the app itself asks. */
  readonly serverId: string | null;
  readonly createdMs: number;
};

/** Must be of the prompt's own sort: keys are accepted, secrets typed, codes given one per question. */
export type PromptAnswer =
  | {
      readonly kind: 'accept-host-key';
      /** Must equal the fingerprint shown, so that an answer given late can't accept another key. */
      readonly fingerprint: string;
      /** Also write the key to ~/.ssh/known_hosts. */
      readonly alsoKnownHosts: boolean;
    }
  | { readonly kind: 'secret'; readonly secret: string; readonly remember: boolean }
  | { readonly kind: 'codes'; readonly answers: readonly string[] }
  | { readonly kind: 'confirm' };

/** The sort of answer that each prompt takes. */
export const answerKindFor = {
  'host-key-unknown': 'accept-host-key',
  'host-key-changed': 'accept-host-key',
  passphrase: 'secret',
  password: 'secret',
  'sudo-password': 'secret',
  codes: 'codes',
  confirm: 'confirm',
} as const satisfies Record<PromptKind, PromptAnswer['kind']>;
