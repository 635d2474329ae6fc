import { CopyText } from '../shell/CopyText.tsx';

export interface Login {
  readonly user: string;
  readonly password: string;
}

/** A login in plain sight, to be copied by a click. */
export function LoginLines({ login: { user, password } }: { login: Login }) {
  return (
    <div className="shown-login">
      <span className="dim">User</span> <CopyText text={user} label="Copy the user" />
      <span className="dim">Password</span> <CopyText text={password} label="Copy the password" />
    </div>
  );
}
