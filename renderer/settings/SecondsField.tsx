import { NumberInput } from '@mantine/core';
import { useState } from 'react';

interface Props {
  readonly label: string;
  readonly range: readonly [number, number];
  readonly value: number;
  readonly save: (value: number) => Promise<void>;
}

/** Saves when it is left or Enter is pressed; what is out of range goes to the nearest end. */
export function SecondsField({ label, range: [min, max], value, save }: Props) {
  const [typed, setTyped] = useState<number | string | null>(null);
  const settle = (): void => {
    setTyped(null);
    const wanted = Math.min(max, Math.max(min, Math.round(Number(typed))));
    if (typed !== null && typed !== '' && Number.isFinite(wanted) && wanted !== value) void save(wanted);
  };
  return (
    <NumberInput
      className="seconds-field"
      aria-label={`${label}, seconds`}
      suffix=" s"
      min={min}
      max={max}
      clampBehavior="blur"
      allowDecimal={false}
      value={typed ?? value}
      onChange={setTyped}
      onBlur={settle}
      onKeyDown={(event) => {
        if (event.key === 'Enter') settle();
      }}
      description={`${String(min)} to ${String(max)}`}
      inputWrapperOrder={['label', 'input', 'description']}
    />
  );
}
