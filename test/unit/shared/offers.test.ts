import { describe, expect, it } from 'vitest';
import {
  adoptedEnvironment,
  adoptedPort,
  allChosen,
  choose,
  offersOfSteps,
  unchoose,
  type Offer,
  type OfferKind,
} from '../../../main/shared/setup/offers.ts';

const offer = (kind: OfferKind, patch: Partial<Offer> = {}): Offer => ({
  kind,
  title: kind,
  why: 'It is wrong.',
  needs: null,
  obstacle: null,
  ...patch,
});
const byHand = [
  offer('run-as-unit'),
  offer('limit-hosts', { needs: 'run-as-unit' }),
  offer('bind-to-loopback', { needs: 'run-as-unit' }),
  offer('change-password'),
];

describe('what is put right', () => {
  it('is all that can be done by a step', () => {
    expect(allChosen(byHand)).toEqual(['run-as-unit', 'limit-hosts', 'bind-to-loopback']);
    expect(allChosen(byHand.map((each) => ({ ...each, obstacle: 'It does not run.' })))).toEqual([]);
  });

  it('is chosen with what it needs, in the order in which it is done', () => {
    expect(choose(byHand, [], 'bind-to-loopback')).toEqual(['run-as-unit', 'bind-to-loopback']);
    expect(choose(byHand, ['bind-to-loopback'], 'run-as-unit')).toEqual(['run-as-unit', 'bind-to-loopback']);
    expect(choose([offer('limit-hosts')], [], 'limit-hosts')).toEqual(['limit-hosts']);
  });

  it('is left out with what needs it', () => {
    const all = allChosen(byHand);
    expect(unchoose(byHand, all, 'run-as-unit')).toEqual([]);
    expect(unchoose(byHand, all, 'limit-hosts')).toEqual(['run-as-unit', 'bind-to-loopback']);
  });

  it('is known again by its steps', () => {
    const steps = ['put-right-bind', 'here-tunnels', 'put-right-unit'].map((id) => ({ id }));
    expect(offersOfSteps(steps)).toEqual(['run-as-unit', 'bind-to-loopback']);
    expect(offersOfSteps([{ id: 'mlflow-service' }])).toEqual([]);
  });
});

describe('an adopted MLflow', () => {
  it.each([5000, 5001, 65535])('on port %i is known by its environment', (port) => {
    expect(adoptedPort(adoptedEnvironment(port))).toBe(port);
  });

  it.each(['main', 'adopted-dev', 'adopted-', 'adopted-05000', 'my-adopted'])('is not meant by %s', (environment) => {
    expect(adoptedPort(environment)).toBeNull();
  });
});
