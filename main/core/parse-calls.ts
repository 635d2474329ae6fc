/** The border of the core: every call's argument is untrusted and judged here before anything sees it. */
import * as z from 'zod';
import { offerKinds } from '../shared/setup/offers.ts';
import { envFormats } from '../shared/environment/environment.ts';
import { stackNames, stackSecretNames } from '../shared/setup/stack.ts';
import { demoFaults, type CallArgs } from '../shared/contract.ts';
import { keyNameProblem } from './keys/key-name.ts';
import * as rules from './servers/rules.ts';
import { parsersFor, type Parsers } from './parser.ts';
import { forwardDraft, list, serverDraft, serverEdit, strict } from './servers/shapes.ts';
import { maxHostsNames } from './hosts/hosts-names.ts';
import { maxReportLength } from './report.ts';
import { maxSshLineLength } from './servers/ssh-line.ts';

const args = <T extends z.ZodRawShape>(shape: T) => strict('The call', shape);
const nothing: z.ZodType<CallArgs<'snapshot.get'>> = args({});
const serverId = rules.id('Server');
const forwardId = rules.id('Forward');
const oneServer = args({ serverId });

/** Text taken as it is; only its length is judged. What is typed as a secret may have any character. */
const typed = (what: string, maxLength: number) =>
  z
    .string({ error: `${what} must be text` })
    .max(maxLength, { error: `${what} must have at most ${String(maxLength)} characters` });

const answer = z.discriminatedUnion(
  'kind',
  [
    strict('Answer', {
      kind: z.literal('accept-host-key'),
      fingerprint: rules.fingerprint,
      alsoKnownHosts: rules.yesOrNo('Also to known_hosts'),
    }),
    strict('Answer', {
      kind: z.literal('secret'),
      secret: typed('What was typed', 4096),
      remember: rules.yesOrNo('Remember'),
    }),
    strict('Answer', { kind: z.literal('codes'), answers: list('Answers', typed('An answer', 4096), 32) }),
    strict('Answer', { kind: z.literal('confirm') }),
  ],
  { error: 'Answer must be one of accept-host-key, secret, codes, confirm' },
);

const settingsPatch = strict('Settings', {
  theme: rules.settingFields.theme.exactOptional(),
  holdSeconds: rules.settingFields.holdSeconds.exactOptional(),
  retryMaxSeconds: rules.settingFields.retryMaxSeconds.exactOptional(),
  deadLinkSeconds: rules.settingFields.deadLinkSeconds.exactOptional(),
  useKnownHosts: rules.settingFields.useKnownHosts.exactOptional(),
  notifications: rules.settingFields.notifications.exactOptional(),
  startHidden: rules.settingFields.startHidden.exactOptional(),
  checkForUpdates: rules.settingFields.checkForUpdates.exactOptional(),
});

const windowView = z.discriminatedUnion(
  'kind',
  [
    strict('View', { kind: z.literal('home') }),
    strict('View', { kind: z.literal('settings') }),
    strict('View', { kind: z.literal('report') }),
    strict('View', { kind: z.literal('new-vm') }),
    strict('View', { kind: z.literal('server'), serverId }),
  ],
  { error: 'View must be one of home, settings, report, new-vm, server' },
);

const countFrom = (what: string, min: number, max = Number.MAX_SAFE_INTEGER) => rules.wholeNumber(what, min, max);

const maxStackFileLength = 1_000_000;

const environment = rules.text('Environment', (value) =>
  /^[a-z][a-z0-9-]{0,19}$/.test(value) ? null : 'Environment must be lower-case letters, digits and dashes',
);
const userName = rules.text('User', (value) =>
  /^[\w.@-]{1,64}$/.test(value) ? null : 'User may have letters, digits and . _ @ - only',
);

/** What the values mean is the stack parser's matter; here they are held to a size. */
const stackDraft = strict('Stack', {
  stack: rules.oneOf('Stack', stackNames),
  values: z.record(
    z.string().max(60),
    z.union([z.string().max(20_000), z.number(), z.boolean()], { error: 'A value must be text, a number, yes or no' }),
    { error: 'Values must be an object' },
  ),
});

const chosenOffers = z
  .array(rules.oneOf('Offer', offerKinds), { error: 'Offers must be a list' })
  .min(1, { error: 'Choose at least one' })
  .max(offerKinds.length, { error: 'There are too many offers' });

/** One line each, as the server reads them by lines. */
const secretText = z
  .string({ error: 'A secret must be text' })
  .max(16_384, { error: 'A secret is too long' })
  .refine((value) => !/[\n\r\0\p{Surrogate}]/u.test(value), { error: 'A secret can’t have line ends in it' });
/** Empty: none. ssh-keygen takes one of at least 5 characters, and could not change a shorter one. */
const keyPassphrase = typed('Passphrase', 1024)
  .refine((value) => value === '' || value.length >= 5, { error: 'Passphrase must have at least 5 characters' })
  .refine((value) => !/[\n\r\0\p{Surrogate}]/u.test(value), { error: 'Passphrase can’t have line ends in it' });

const handedSecrets = z.partialRecord(z.enum(stackSecretNames, { error: 'There is no such secret' }), secretText, {
  error: 'Secrets must be an object of known names',
});

const whichEnvironment = {
  serverId,
  environment: environment.exactOptional(),
  proxy: strict('Proxy', {
    isSet: rules.yesOrNo('Is set'),
    except: typed('The exceptions', 8192),
    isLowerCase: rules.yesOrNo('Is lower case'),
  }).exactOptional(),
};
const environmentText = {
  ...whichEnvironment,
  format: rules.oneOf('Format', envFormats),
  withSecrets: rules.yesOrNo('With secrets'),
};

/** Which names may be is for the hosts keeper to say; here they are held to a shape. */
const hostsWish = strict('Names', {
  on: rules.yesOrNo('On'),
  names: list(
    'Names',
    strict('Name', {
      name: typed('A name', 300),
      to: z.discriminatedUnion(
        'kind',
        [
          strict('Where it leads', { kind: z.literal('tunnel') }),
          strict('Where it leads', { kind: z.literal('server') }),
          strict('Where it leads', { kind: z.literal('address'), address: typed('An address', 100) }),
        ],
        { error: 'Where it leads must be one of tunnel, server, address' },
      ),
    }),
    maxHostsNames,
  ),
});
const confirmed = rules.yesOrNo('Confirmed').exactOptional();
const overDrift = rules.yesOrNo('Over what others changed').exactOptional();

export const parsers: Parsers = parsersFor({
  'snapshot.get': nothing,
  'servers.add': args({ draft: serverDraft }),
  'servers.edit': args({ serverId, draft: serverEdit }),
  'servers.duplicate': oneServer,
  'servers.move': args({ serverId, index: countFrom('Place', 0, 9999) }),
  'servers.remove': oneServer,
  'servers.parse-ssh': args({ line: typed('The ssh line', maxSshLineLength) }),
  'servers.forget-secrets': oneServer,
  'forwards.add': args({
    serverId,
    draft: forwardDraft,
    forNames: z.literal(true, { error: 'Made for names must be true, or left out' }).exactOptional(),
  }),
  'forwards.edit': args({ serverId, forwardId, draft: forwardDraft }),
  'forwards.remove': args({ serverId, forwardId }),
  'wanted.set': args({ serverId, forwardId: forwardId.exactOptional(), on: rules.yesOrNo('On') }),
  'wanted.set-all': args({ on: rules.yesOrNo('On') }),
  'connection.retry': oneServer,
  'prompts.answer': args({ promptId: rules.id('Question'), answer }),
  'prompts.cancel': args({ promptId: rules.id('Question') }),
  'host-keys.expect': args({ serverId, fingerprint: rules.fingerprint }),
  'host-keys.write-known-hosts': oneServer,
  'keys.list': nothing,
  'keys.make': args({
    name: rules.text('Name', keyNameProblem).exactOptional(),
    passphrase: keyPassphrase.exactOptional(),
    remember: rules.yesOrNo('Remember').exactOptional(),
  }),
  'keys.install': args({ serverId, path: rules.keyPath, useIt: rules.yesOrNo('Use it') }),
  'settings.set': args({ patch: settingsPatch }),
  'keychain.probe': nothing,
  'notices.dismiss': args({ noticeId: rules.id('Notice') }),
  'logs.get': args({
    serverId: serverId.exactOptional(),
    afterSeq: countFrom('First entry', 0).exactOptional(),
    limit: countFrom('Number of entries', 1, 5000).exactOptional(),
  }),
  'demo.start': nothing,
  'demo.break': args({ fault: rules.oneOf('Fault', demoFaults) }),
  'facts.get': oneServer,
  'stacks.read-file': args({ text: typed('The stack file', maxStackFileLength) }),
  'stacks.write-file': args({ draft: stackDraft }),
  'setup.plan': args({ serverId, draft: stackDraft }),
  'setup.plan-uninstall': args({ serverId, environment, removeData: rules.yesOrNo('Remove data') }),
  'setup.script': args({ serverId, draft: stackDraft }),
  'setup.start': args({ serverId, draft: stackDraft, secrets: handedSecrets }),
  'setup.uninstall': args({
    serverId,
    environment,
    removeData: rules.yesOrNo('Remove data'),
    serverName: typed('The server’s name', 200).exactOptional(),
  }),
  'setup.cancel': args({ serverId, how: rules.oneOf('How', ['after-step', 'now']) }),
  'setup.dismiss': oneServer,
  'setup.look': oneServer,
  'setup.log': args({ serverId, afterSeq: countFrom('First line', 0).exactOptional() }),
  'setup.adopt': args({
    serverId,
    environment: environment.exactOptional(),
    port: rules.port.exactOptional(),
    user: userName.exactOptional(),
    password: secretText.exactOptional(),
  }),
  'setup.offers': oneServer,
  'setup.plan-put-right': args({ serverId, port: rules.port, offers: chosenOffers }),
  'setup.put-right': args({ serverId, port: rules.port, offers: chosenOffers }),
  'setup.forget': args({ serverId, environment }),
  'setup.reveal-password': args({ serverId, environment }),
  'setup.reveal-keys': args({ serverId, environment }),
  'setup.change-password': args({ serverId, environment, password: secretText.exactOptional() }),
  'setup.add-user': args({ serverId, environment, user: userName, password: secretText.exactOptional() }),
  'verify.start': args({ serverId, environment, artifactBytes: countFrom('Size', 1, 5_000_000_000) }),
  'verify.cancel': oneServer,
  'services.check': args({ serverId, forwardId }),
  'services.refresh': args({
    serverId: serverId.exactOptional(),
    olderThanMs: countFrom('Age', 0),
  }),
  'services.discover': oneServer,
  'services.dismiss-new': oneServer,
  'forwards.history': args({ serverId, forwardId }),
  'forwards.clients': args({ serverId, forwardId }),
  'doctor.start': args({ serverId: serverId.exactOptional() }),
  'doctor.cancel': nothing,
  'doctor.tighten-key': oneServer,

  'environment.get': args(whichEnvironment),
  'environment.text': args(environmentText),
  'environment.copy': args(environmentText),
  'environment.write-aws': args(whichEnvironment),
  'environment.remove-aws': args(whichEnvironment),
  'hosts.get': oneServer,
  'hosts.set': args({ serverId, hosts: hostsWish, confirmed }),
  'hosts.diff': args({ serverId, hosts: hostsWish.exactOptional(), confirmed }),
  'hosts.apply': args({
    serverId,
    from: rules
      .text('Checksum', (value) => (/^[\da-f]{64}$/.test(value) ? null : 'Checksum is not one'))
      .exactOptional(),
    overDrift,
    hosts: hostsWish.exactOptional(),
    confirmed,
    tunnel: rules.yesOrNo('With its tunnel').exactOptional(),
  }),
  'hosts.remove': args({ serverId, overDrift }),
  'hosts.keep-theirs': oneServer,
  'hosts.history': args({ serverId: serverId.exactOptional() }),
  'hosts.restore': args({
    serverId,
    entryId: rules.id('Entry').exactOptional(),
    overDrift,
    confirmed,
  }),
  'hosts.parse-text': args({ serverId, text: typed('The text', 200_000) }),
  'login-item.set': args({ on: rules.yesOrNo('On') }),
  'updates.check': nothing,
  'updates.install': nothing,
  'report.make': nothing,
  'report.save': args({ text: typed('The report', maxReportLength) }),
  'app.open-window': args({ view: windowView.exactOptional() }),
  'app.quit': args({ careful: rules.yesOrNo('Careful').exactOptional() }),
});
