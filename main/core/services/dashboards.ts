/** Jupyter, Grafana and Prometheus: each has an address of its own that says what it is. */
import { jsonField, oneLine } from '../foreign-text.ts';
import {
  failedLink,
  failureOf,
  httpGet,
  httpOf,
  isSilence,
  noLogin,
  ok,
  silent,
  unknown,
  withDisk,
  type Answers,
  type NamedRequest,
  type Probe,
  type ProbeContext,
} from './probe.ts';
import { recognise } from './recognise.ts';

/** The questions of a probe, one after another, while the first is answered by HTTP. */
const inOrder =
  (paths: Readonly<Record<string, string>>) =>
  (answers: Answers, context: ProbeContext): NamedRequest | null => {
    const names = Object.keys(paths);
    const [first = ''] = names;
    if (answers[first] && httpOf(answers, first) === null) return null;
    const name = names.find((each) => !answers[each]);
    return name === undefined ? null : { name, request: httpGet(context, paths[name] ?? '/') };
  };

const productOf = (name: string, version: string | null): string =>
  version === null ? name : `${name} ${oneLine(version, 24)}`;

export const jupyter: Probe = {
  next: inOrder({ api: '/api', status: '/api/status', page: '/login' }),

  judge(answers, context) {
    const trouble = failureOf(answers, 'api');
    if (isSilence(trouble)) return silent(trouble);
    const [api, status, page] = ['api', 'status', 'page'].map((name) => httpOf(answers, name));
    const version = api?.status === 200 ? jsonField(api.text, 'version') : null;
    if (!api || (version === null && recognise(answers)?.kind !== 'jupyter')) return null;
    const product = productOf('Jupyter', version);
    const wantsToken = status?.status === 403 || status?.status === 401;
    const hasPassword = /name="password"/.test(page?.text ?? '') && !/token/i.test(page?.text ?? '');
    const login = wantsToken
      ? unknown(
          hasPassword ? 'wants its password' : 'wants its token or password',
          hasPassword ? null : 'The token is in the address that “jupyter server list” prints on the server.',
        )
      : noLogin;
    const health =
      api.status >= 500
        ? failedLink(`it answers ${String(api.status)}`, 'See its log on the server.', { kind: 'retry' })
        : ok('healthy');
    return { kind: 'jupyter', product, service: ok(product), login, health: withDisk(health, context), notes: [] };
  },
};

export const grafana: Probe = {
  next: inOrder({ health: '/api/health', org: '/api/org' }),

  judge(answers) {
    const trouble = failureOf(answers, 'health');
    if (isSilence(trouble)) return silent(trouble);
    const [health, org] = ['health', 'org'].map((name) => httpOf(answers, name));
    const database = health ? jsonField(health.text, 'database') : null;
    if (!health || (database === null && recognise(answers)?.kind !== 'grafana')) return null;
    const product = productOf('Grafana', jsonField(health.text, 'version'));
    const isWell = health.status === 200 && (database === null || database === 'ok');
    return {
      kind: 'grafana',
      product,
      service: ok(product),
      login: org?.status === 200 ? noLogin : unknown('signs in on its own page'),
      health: isWell
        ? ok('healthy')
        : failedLink(
            database === null ? `it answers ${String(health.status)}` : `its database says: ${oneLine(database, 60)}`,
            'See Grafana’s log on the server.',
            { kind: 'retry' },
          ),
      notes: [],
    };
  },
};

export const prometheus: Probe = {
  next: inOrder({ healthy: '/-/healthy', ready: '/-/ready', build: '/api/v1/status/buildinfo' }),

  judge(answers) {
    const trouble = failureOf(answers, 'healthy');
    if (isSilence(trouble)) return silent(trouble);
    const [healthy, ready, build] = ['healthy', 'ready', 'build'].map((name) => httpOf(answers, name));
    const isIt = /^Prometheus (Server )?is Healthy/i.test(healthy?.text ?? '');
    const wantsLogin = healthy?.status === 401;
    if (!healthy || (!isIt && recognise(answers)?.kind !== 'prometheus')) return null;
    const [, version] = /"version":"([^"]{1,24})"/.exec(build?.text ?? '') ?? [];
    const product = productOf('Prometheus', version ?? null);
    return {
      kind: 'prometheus',
      product,
      service: ok(product),
      login: wantsLogin ? unknown('wants a login') : noLogin,
      health:
        ready && ready.status >= 500
          ? failedLink('it is not ready', 'It may still be reading its data after a start.', { kind: 'retry' })
          : healthy.status < 400
            ? ok('healthy')
            : failedLink(`it answers ${String(healthy.status)}`, 'See its log on the server.', { kind: 'retry' }),
      notes: [],
    };
  },
};
