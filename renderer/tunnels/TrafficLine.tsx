import type { ForwardHistory } from '../../main/shared/services.ts';
import { describeLatency } from '../../main/shared/services.ts';
import { describeBytes, describeDuration } from '../../main/shared/words.ts';

const width = 220;
const height = 34;

/** Bytes of the last minutes as a small line, in words for those who do not see it. Nothing before there is something. */
export function TrafficLine({ history }: { history: ForwardHistory }) {
  const { samples, everyMs } = history;
  if (samples.length < 2) return null;
  const totals = samples.map((each) => each.bytesDown + each.bytesUp);
  const most = Math.max(...totals);
  const step = width / (samples.length - 1);
  const points = totals.map((total, at) => {
    const y = most === 0 ? height - 1 : height - 1 - (total / most) * (height - 4);
    return `${(at * step).toFixed(1)},${y.toFixed(1)}`;
  });
  const probes = samples.flatMap((each) => each.probeMs ?? []);
  const span = describeDuration(samples.length * everyMs);
  const peak = most === 0 ? 'nothing passed' : `at most ${describeBytes((most * 1_000) / everyMs)}/s`;
  const slowest = probes.length === 0 ? '' : `, answers in ${describeLatency(Math.max(...probes))} at most`;
  return (
    <figure className="traffic-line">
      <svg
        viewBox={`0 0 ${String(width)} ${String(height)}`}
        width={width}
        height={height}
        role="img"
        aria-label={`The last ${span}: ${peak}${slowest}`}
        preserveAspectRatio="none"
      >
        <polyline
          className="traffic-line-fill"
          points={`0,${String(height)} ${points.join(' ')} ${String(width)},${String(height)}`}
        />
        <polyline className="traffic-line-stroke" points={points.join(' ')} />
      </svg>
      <figcaption className="dim figures">
        last {span} · {peak}
        {slowest}
      </figcaption>
    </figure>
  );
}
