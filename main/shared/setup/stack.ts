/**
 * What setup can put on a server. A person chooses a stack by its card and fills in flat values (`mlflow.port`), as does
 * a stack file; the core makes a {@link Stack} of it (core/setup/stack/parse-stack.ts) and of that a plan.
 */

export const stackNames = [
  'mlflow-quick-start',
  'mlflow-postgres',
  'mlflow-external-postgres',
  'mlflow-s3',
  'mlflow-azure-blob',
  'mlflow-full',
  'object-storage',
  'script',
] as const;
export type StackName = (typeof stackNames)[number];

export type FieldValue = string | number | boolean;

/** A stack as people and files give it: what is not there has its usual value. No secrets. */
export interface StackDraft {
  readonly stack: StackName;
  /** By the keys of stack-fields.ts, such as `mlflow.port`. */
  readonly values: Readonly<Record<string, FieldValue>>;
}

/** What a stack needs that is never written down beside it. */
export const stackSecretNames = [
  'mlflow.admin-password',
  /** Signs MLflow's sessions. */
  'mlflow.secret-key',
  'database.password',
  's3.secret-access-key',
  'azure.credential',
  'storage.access-key',
  'storage.secret-key',
  /** Of SeaweedFS's console. */
  'storage.admin-password',
] as const;
export type StackSecretName = (typeof stackSecretNames)[number];

export interface Stack {
  readonly name: StackName;
  /** Stacks side by side on one server: `main`, `dev`, `staging`, `prod`. Lower case, a letter first, 20 at most. */
  readonly environment: string;
  /** Where it is put: for the whole system (needs root), for the login account alone, or as far as the account may. */
  readonly scope: 'auto' | 'system' | 'user';
  readonly mlflow: MlflowPart | null;
  readonly storage: StoragePart | null;
  readonly script: ScriptPart | null;
}

export interface MlflowPart {
  /** As on the package index. */
  readonly version: string;
  readonly port: number;
  /** 0: one on small machines, else two. */
  readonly workers: number;
  /** `own`: an account made for it (system scope only). */
  readonly runAs: 'login' | 'own';
  /** Null: no login; other users of the server can then read and write everything. */
  readonly login: { readonly admin: string } | null;
  /** Host names, beside loopback, under which it is opened; MLflow refuses others. */
  readonly allowedHosts: readonly string[];
  /** Where data lies; null: the usual place. Absolute. */
  readonly dataDir: string | null;
  readonly database: DatabasePart;
  readonly artifacts: ArtifactsPart;
}

export type DatabasePart =
  | { readonly kind: 'sqlite' }
  /** On the server itself, over loopback. */
  | { readonly kind: 'postgres'; readonly name: string; readonly user: string; readonly fromSqlite: FromSqlite }
  | {
      readonly kind: 'external-postgres';
      readonly host: string;
      readonly port: number;
      readonly name: string;
      readonly user: string;
      readonly sslMode: 'require' | 'verify-ca' | 'verify-full';
      /** Certificates to trust, PEM; null: the server's own. */
      readonly ca: string | null;
      readonly fromSqlite: FromSqlite;
    };

/** What becomes of runs that are in SQLite until now; null: nobody said, so with some there it has to be asked. */
export type FromSqlite = 'move' | 'fresh' | null;

export type ArtifactsPart =
  | { readonly kind: 'folder' }
  /** The store of this very stack. */
  | { readonly kind: 'own-storage' }
  | {
      readonly kind: 's3';
      readonly bucket: string;
      /** Within the bucket, without slashes at its ends; may be empty. */
      readonly prefix: string;
      readonly region: string;
      /** Null: AWS itself. */
      readonly endpoint: string | null;
      readonly credentials:
        | { readonly kind: 'keys'; readonly accessKeyId: string }
        /** Of the file ~/.aws/credentials of the account that MLflow runs as. */
        | { readonly kind: 'profile'; readonly profile: string }
        /** What the machine itself may do. */
        | { readonly kind: 'role' };
      /** A second bucket for data sets, checked as well; null: none. */
      readonly dataBucket: string | null;
    }
  | {
      readonly kind: 'azure';
      readonly account: string;
      readonly container: string;
      readonly prefix: string;
      readonly credential: 'key' | 'connection-string' | 'sas';
    };

export interface StoragePart {
  readonly software: 'versitygw' | 'seaweedfs';
  /** S3 API. */
  readonly port: number;
  readonly consolePort: number;
  readonly bucket: string;
  readonly dataDir: string | null;
}

export interface ScriptPart {
  /** A file or folder of this machine. */
  readonly path: string;
  /** Within the folder; what to run, one after another. */
  readonly run: readonly string[];
  /** One word each. */
  readonly args: readonly string[];
  /** `NAME=value`, no secrets. */
  readonly env: readonly string[];
  readonly asRoot: boolean;
}

/** A stack that is on a server, as this machine knows it: saved with the server. */
export interface InstalledStack {
  readonly draft: StackDraft;
  readonly environment: string;
  /** It was set up to its end once, and its tunnels made; false: that was begun alone. */
  readonly complete: boolean;
  /** Of the user whose password is kept; null without login. */
  readonly adminUser: string | null;
  /** Which of its secrets are in the keychain (or in memory for this run). */
  readonly secrets: readonly StackSecretName[];
  /** Of the forward to MLflow or, without it, to the store; null: the person removed it. */
  readonly forwardId: string | null;
}

/** It has something that ML clients talk to: MLflow or a store. */
export const hasClients = ({ draft }: Pick<InstalledStack, 'draft'>): boolean => draft.stack !== 'script';
