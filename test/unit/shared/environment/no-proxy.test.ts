import { describe, expect, it } from 'vitest';
import { notSpared, proxyExceptions } from '../../../../main/shared/environment/no-proxy.ts';

describe('what NO_PROXY leaves to the proxy', () => {
  const here = ['127.0.0.1', 'localhost'];
  it.each<[string, readonly string[]]>([
    ['', here],
    ['corp.example', here],
    ['localhost', ['127.0.0.1']],
    ['127.0.0.1,localhost', []],
    [' LocalHost ,\t127.0.0.1 ,.lan', []],
    ['localhost 127.0.0.1', []],
    ['*', []],
    ['corp.example, *', []],
    ['*.corp.example', here],
    ['127.0.0.10,xlocalhost', here],
  ])('%j: %j', (noProxy, left) => {
    expect(notSpared(noProxy, here)).toEqual(left);
  });

  it('takes addresses in any case', () => {
    expect(notSpared('fe80::a,lab', ['FE80::A', 'Lab', 'Other'])).toEqual(['Other']);
  });

  it('tells its entries as they are written', () => {
    expect(proxyExceptions(',Corp.Example,  10.0.0.1 .lan,')).toEqual(['Corp.Example', '10.0.0.1', '.lan']);
  });
});
