import type { HostsDiffLine } from '../../main/shared/hosts.ts';

const marks = { same: ' ', add: '+', remove: '−' } as const;
const words = { same: '', add: 'added: ', remove: 'removed: ' } as const;

export function DiffView({ lines }: { lines: readonly HostsDiffLine[] }) {
  return (
    <pre className="code hosts-diff" tabIndex={0} aria-label="The change, line by line">
      {lines.map((each, index) => (
        <span key={index} className="hosts-diff-line" data-kind={each.kind}>
          <span aria-hidden>{marks[each.kind]} </span>
          <span className="hosts-diff-word">{words[each.kind]}</span>
          {each.text}
          {'\n'}
        </span>
      ))}
    </pre>
  );
}
