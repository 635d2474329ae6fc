import { FailureTrouble } from '../shell/Trouble.tsx';
import { LoginLines } from './LoginLines.tsx';
import { useRevealed } from './use-revealed.ts';

interface Props {
  readonly serverId: string;
  readonly environment: string;
  /** Why it is shown without being asked for. */
  readonly why: string;
}

/** A password that nothing keeps for good: shown once it is set, to be noted elsewhere. */
export function PasswordNow({ serverId, environment, why }: Props) {
  const reply = useRevealed('setup.reveal-password', serverId, environment);
  return (
    <div className="password-now" role="note">
      <p>{why}</p>
      {reply?.ok === true && <LoginLines login={reply.value} />}
      {reply?.ok === false && <FailureTrouble failure={reply.error} />}
    </div>
  );
}
