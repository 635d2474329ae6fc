/**
 * A panel of the test's own: org.kde.StatusNotifierWatcher and a host on a private bus. Icons that register are read, and
 * their menus read and clicked, over D-Bus as a real panel does (the StatusNotifierItem specification, and dbusmenu's
 * com.canonical.dbusmenu).
 */
import { createHash } from 'node:crypto';
import { Message, sessionBus, Variant, type MessageBus } from '@jellybrick/dbus-next';
import { waitFor } from './wait.ts';

export interface TrayHost {
  /** Icons that are there now, each by the bus name and path it registered with. */
  items(): readonly string[];
  /** The one icon, as soon as it is there. Fails when there is more than one. */
  read(): Promise<TrayItem>;
  /** Clicks the menu item under these labels, outermost first. A label may be the beginning of the item’s. */
  click(...path: readonly string[]): Promise<void>;
  /** The left click on the icon itself. */
  activate(): Promise<void>;
  /** A panel joins or leaves, while the watcher stays. */
  setHost(registered: boolean): void;
  /** Leaves the bus, as a panel that crashed. */
  close(): Promise<void>;
}

export interface TrayItem {
  readonly id: string;
  readonly title: string;
  readonly status: string;
  readonly tooltip: string;
  /** Tells pictures apart: a hash of the pixels. */
  readonly icon: string;
  /** `48x48`, as sent. */
  readonly iconSize: string;
  readonly menu: readonly TrayMenuItem[];
}

export interface TrayMenuItem {
  readonly id: number;
  readonly type: 'standard' | 'separator';
  /** As drawn: without the marks for underlined letters. */
  readonly label: string;
  readonly enabled: boolean;
  /** Null where it is no tick item. */
  readonly ticked: boolean | null;
  readonly children: readonly TrayMenuItem[];
}

const watcherName = 'org.kde.StatusNotifierWatcher';
const watcherPath = '/StatusNotifierWatcher';
const itemName = 'org.kde.StatusNotifierItem';
const menuName = 'com.canonical.dbusmenu';

export async function startTrayHost(busAddress: string, { registered = true } = {}): Promise<TrayHost> {
  const bus = sessionBus({ busAddress });
  const icons = new Set<string>();
  let hostRegistered = registered;
  let closed = false;
  const tell = (member: string, ...body: readonly string[]) => {
    // The bus may still speak after it was told goodbye.
    if (closed) return;
    bus.send(Message.newSignal(watcherPath, watcherName, member, 's'.repeat(body.length), [...body]));
  };
  const properties = () => ({
    RegisteredStatusNotifierItems: new Variant('as', [...icons]),
    IsStatusNotifierHostRegistered: new Variant('b', hostRegistered),
    ProtocolVersion: new Variant('i', 0),
  });
  bus.addMethodHandler((asked) => {
    if (asked.path !== watcherPath) return false;
    const [first, second] = asked.body;
    const answer = (signature = '', body: unknown[] = []) => {
      bus.send(Message.newMethodReturn(asked, signature, body));
      return true;
    };
    switch (asked.member) {
      case 'Get':
        return answer('v', [properties()[second as keyof ReturnType<typeof properties>]]);
      case 'GetAll':
        return answer('a{sv}', [properties()]);
      case 'RegisterStatusNotifierItem':
        // Electron gives its unique bus name; others a path, or a name of their own, perhaps with a path.
        icons.add(String(first).startsWith('/') ? `${asked.sender}${String(first)}` : String(first));
        tell('StatusNotifierItemRegistered', String(first));
        return answer();
      case 'RegisterStatusNotifierHost':
        return answer();
      default:
        return false;
    }
  });
  const rule = "type='signal',interface='org.freedesktop.DBus',member='NameOwnerChanged'";
  await call(bus, 'org.freedesktop.DBus', '/', 'org.freedesktop.DBus', 'AddMatch', 's', [rule]);
  bus.on('message', ({ member, body: [name, , owner] }) => {
    if (member !== 'NameOwnerChanged' || owner !== '') return;
    for (const each of icons) {
      if (each.split('/')[0] !== name) continue;
      icons.delete(each);
      tell('StatusNotifierItemUnregistered', each);
    }
  });
  await bus.requestName(watcherName);

  const place = () =>
    waitFor('an icon in the tray', () => {
      if (icons.size > 1) throw new Error(`More than one icon: ${[...icons].join(', ')}`);
      const [only] = icons;
      if (only === undefined) return null;
      const [name = '', ...path] = only.split('/');
      return { name, path: path.length === 0 ? '/StatusNotifierItem' : `/${path.join('/')}` };
    });
  const itemProperties = async () => {
    const { name, path } = await place();
    const [all] = await call(bus, name, path, 'org.freedesktop.DBus.Properties', 'GetAll', 's', [itemName]);
    return { name, path, all: all as Readonly<Record<string, Variant | undefined>> };
  };
  const menuOf = async (name: string, path: string) => {
    // Some menus are made when they are asked for; Chromium’s answers with an error that means nothing.
    await call(bus, name, path, menuName, 'AboutToShow', 'i', [0]).catch(() => undefined);
    const [, root] = await call(bus, name, path, menuName, 'GetLayout', 'iias', [0, -1, []]);
    return toItem(root as Layout).children;
  };

  return {
    items: () => [...icons],
    async read() {
      const { name, all: first } = await itemProperties();
      // The menu first: an app that changes it last has changed the rest by then.
      const menu = await menuOf(name, String(first['Menu']?.value));
      const { all } = await itemProperties();
      const value = (key: string) => all[key]?.value;
      const [size, icon] = picture(value('IconPixmap'));
      return {
        id: String(value('Id')),
        title: String(value('Title')),
        status: String(value('Status')),
        tooltip: tooltipOf(value('ToolTip')),
        icon,
        iconSize: size,
        menu,
      };
    },
    async click(...labels) {
      const { name, all } = await itemProperties();
      const path = String(all['Menu']?.value);
      let items = await menuOf(name, path);
      let found: TrayMenuItem | undefined;
      for (const label of labels) {
        found = items.find((each) => each.label === label) ?? items.find((each) => each.label.startsWith(label));
        if (!found) throw new Error(`No ${label} in the menu:\n${menuText(items)}`);
        items = found.children;
      }
      if (!found) throw new Error('No label to click on');
      await call(bus, name, path, menuName, 'Event', 'isvu', [found.id, 'clicked', new Variant('i', 0), 0]);
    },
    async activate() {
      const { name, path } = await place();
      await call(bus, name, path, itemName, 'Activate', 'ii', [0, 0]);
    },
    setHost(isRegistered) {
      hostRegistered = isRegistered;
      tell(isRegistered ? 'StatusNotifierHostRegistered' : 'StatusNotifierHostUnregistered');
    },
    async close() {
      // The reply says that the bus has told everybody.
      await bus.releaseName(watcherName);
      closed = true;
      bus.disconnect();
    },
  };
}

/** The menu as text: a line an item, `[x]` and `[ ]` for ticks, brackets around what can’t be clicked. */
export function menuText(items: readonly TrayMenuItem[], depth = 0): string {
  const indent = '    '.repeat(depth);
  return items
    .map((item) => {
      if (item.type === 'separator') return `${indent}----`;
      const tick = item.ticked === null ? '' : item.ticked ? '[x] ' : '[ ] ';
      const label = item.enabled ? item.label : `(${item.label})`;
      const below = item.children.length === 0 ? '' : ` >\n${menuText(item.children, depth + 1)}`;
      return `${indent}${tick}${label}${below}`;
    })
    .join('\n');
}

/** id, properties, children: `(ia{sv}av)`. */
type Layout = readonly [number, Readonly<Record<string, Variant | undefined>>, readonly Variant<Layout>[]];

function toItem([id, properties, children]: Layout): TrayMenuItem {
  const toggle = properties['toggle-type']?.value;
  const label = properties['label']?.value;
  return {
    id,
    type: properties['type']?.value === 'separator' ? 'separator' : 'standard',
    // `__` is an underscore; a single one marks the letter after it.
    label: typeof label === 'string' ? label.replace(/_(.?)/g, '$1') : '',
    enabled: properties['enabled']?.value !== false,
    ticked: toggle === 'checkmark' ? properties['toggle-state']?.value === 1 : null,
    children: children.map((each) => toItem(each.value)),
  };
}

/** `a(iiay)`: width, height, ARGB pixels. */
function picture(pixmaps: unknown): readonly [size: string, hash: string] {
  const [first] = pixmaps as readonly (readonly [number, number, Uint8Array])[];
  if (!first) return ['', ''];
  const [width, height, pixels] = first;
  return [`${String(width)}x${String(height)}`, createHash('sha256').update(pixels).digest('hex').slice(0, 16)];
}

/** `(sa(iiay)ss)`: icon name, pixmaps, title, text. */
function tooltipOf(value: unknown): string {
  const [, , title] = value as readonly unknown[];
  return String(title);
}

async function call(
  bus: MessageBus,
  destination: string,
  path: string,
  name: string,
  member: string,
  signature: string,
  body: unknown[],
): Promise<readonly unknown[]> {
  const reply = await bus.call(new Message({ destination, path, interface: name, member, signature, body }));
  return reply?.body ?? [];
}
