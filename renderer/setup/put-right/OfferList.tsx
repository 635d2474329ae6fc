import { Checkbox } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import {
  allChosen,
  choose,
  isStepOffer,
  unchoose,
  type Offer,
  type StepOffer,
} from '../../../main/shared/setup/offers.ts';

interface Props {
  readonly offers: readonly Offer[];
  readonly chosen: readonly StepOffer[];
  readonly onChange: (chosen: readonly StepOffer[]) => void;
  /** What is no step, the password: the button that leads there, and what to know before. */
  readonly byHand: { readonly button: ReactNode; readonly note: string | null };
}

/** Each thing that could be put right, to be ticked. What one can’t be done without comes and goes with it, and says so. */
export function OfferList({ offers, chosen, onChange, byHand }: Props) {
  const [told, setTold] = useState('');
  const titleOf = (kind: StepOffer): string => `“${offers.find((each) => each.kind === kind)?.title ?? kind}”`;
  const tick = (kind: StepOffer, on: boolean): void => {
    const next = on ? choose(offers, chosen, kind) : unchoose(offers, chosen, kind);
    const [more, less] = [next, chosen].map((all, at) =>
      all.filter((each) => each !== kind && ![chosen, next][at]?.includes(each)).map(titleOf),
    );
    setTold(
      on && more?.length
        ? `${more.join(', ')} comes with it: ${titleOf(kind)} can’t be done without.`
        : less?.length
          ? `${less.join(', ')} ${less.length === 1 ? 'is' : 'are'} left out too: not possible without ${titleOf(kind)}.`
          : '',
    );
    onChange(next);
  };
  const possible = allChosen(offers);
  return (
    <>
      <ul className="offers">
        {offers.map(({ kind, title, why, obstacle }) => (
          <li key={kind}>
            {isStepOffer(kind) ? (
              <Checkbox
                label={title}
                description={<Why why={why} obstacle={obstacle} />}
                disabled={!possible.includes(kind)}
                checked={chosen.includes(kind)}
                onChange={(event) => {
                  tick(kind, event.currentTarget.checked);
                }}
              />
            ) : (
              <div className="offer-by-hand">
                <div className="offer-by-hand-text">
                  {title}
                  <div className="dim">
                    {why} {byHand.note}
                  </div>
                </div>
                {byHand.button}
              </div>
            )}
          </li>
        ))}
      </ul>
      {possible.length > 0 && (
        <p className="offers-told" role="status">
          {told}
        </p>
      )}
    </>
  );
}

function Why({ why, obstacle }: { why: string; obstacle: string | null }) {
  return (
    <>
      {why}
      {obstacle !== null && <span className="offer-obstacle">Can’t be done: {obstacle}</span>}
    </>
  );
}
