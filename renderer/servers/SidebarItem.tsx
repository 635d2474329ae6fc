import { memo, type DragEvent } from 'react';
import { lightWords, type Light } from '../../main/shared/words.ts';
import { StateShape } from '../shell/StateShape.tsx';
import { goTo } from '../shell/ui-store.ts';

/** Plain values only: counters change all the time, and none of them is shown here. */
interface Props {
  readonly id: string;
  readonly name: string;
  readonly demo: boolean;
  readonly light: Light;
  readonly fact: string;
  readonly index: number;
  readonly selected: boolean;
  readonly mark: 'before' | 'after' | null;
  readonly onDragStart: (serverId: string) => void;
  readonly onDragOver: (index: number) => void;
}

export const SidebarItem = memo(function SidebarItem(props: Props) {
  const { id, name, demo, light, fact, index, selected, mark } = props;
  const over = (event: DragEvent<HTMLLIElement>): void => {
    event.preventDefault();
    const box = event.currentTarget.getBoundingClientRect();
    props.onDragOver(event.clientY < box.top + box.height / 2 ? index : index + 1);
  };
  return (
    <li
      className="sidebar-slot"
      data-mark={mark}
      draggable
      onDragStart={(event) => {
        event.dataTransfer.effectAllowed = 'move';
        event.dataTransfer.setData('text/plain', name);
        props.onDragStart(id);
      }}
      onDragOver={over}
    >
      <button
        type="button"
        className="sidebar-item"
        data-server-id={id}
        data-light={light}
        aria-current={selected ? 'page' : undefined}
        aria-label={`${name}, ${lightWords[light]}, ${fact}`}
        title={`${name}\n${fact}`}
        onClick={() => {
          goTo(id);
        }}
      >
        <StateShape light={light} />
        <span className="sidebar-text">
          <span className="sidebar-name ellipsis">
            {name}
            {demo && <span className="badge">demo</span>}
          </span>
          <span className="sidebar-fact ellipsis figures">{fact}</span>
        </span>
      </button>
    </li>
  );
});
