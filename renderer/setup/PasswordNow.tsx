import { useEffect, useState } from 'react';
import { client } from '../api/client.ts';
import { CopyText } from '../shell/CopyText.tsx';

interface Props {
  readonly serverId: string;
  readonly environment: string;
  /** Why it is shown without being asked for. */
  readonly why: string;
}

/** A password that nothing keeps for good: shown once it is set, to be noted elsewhere. */
export function PasswordNow({ serverId, environment, why }: Props) {
  const [login, setLogin] = useState<{ readonly user: string; readonly password: string } | null>(null);
  useEffect(() => {
    let isMounted = true;
    void client.call('setup.reveal-password', { serverId, environment }).then((reply) => {
      if (isMounted && reply.ok) setLogin(reply.value);
    });
    return () => {
      isMounted = false;
    };
  }, [serverId, environment]);
  return (
    <div className="password-now" role="note">
      <p>{why}</p>
      {login !== null && (
        <div className="shown-login">
          <span className="dim">User</span> <CopyText text={login.user} label="Copy the user" />
          <span className="dim">Password</span> <CopyText text={login.password} label="Copy the password" />
        </div>
      )}
    </div>
  );
}
