import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { openCheckpoint, parseCheckpoint, signCheckpoint } from './merkle/checkpoint.js';
import {
  formatVerifierKey,
  MAX_NOTE_SIGNATURES,
  NoteRefused,
  type NoteSigner,
  openNote,
  parseVerifierKey,
  signNote,
  verifierKey,
} from './signed-note.js';

/** RFC 8410: what stands before a raw private key. */
const PKCS8_PREFIX = '302e020100300506032b657004220420';

function signerOf(name: string, seed: Buffer): NoteSigner {
  const key = createPrivateKey({
    key: Buffer.concat([Buffer.from(PKCS8_PREFIX, 'hex'), seed]),
    format: 'der',
    type: 'pkcs8',
  });
  const jwk = key.export({ format: 'jwk' });
  return {
    key: verifierKey(name, Buffer.from(jwk.x ?? '', 'base64url')),
    sign: (text) => sign(null, text, key),
  };
}

function newSigner(name: string): NoteSigner {
  const { privateKey } = generateKeyPairSync('ed25519');
  return signerOf(name, Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url'));
}

describe('signed notes', () => {
  // The vectors of golang.org/x/mod/sumdb/note, the first implementation.
  const peter = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
  const enoch = 'EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop';
  const seed = Buffer.from('AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz', 'base64').subarray(1);
  const text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
  const peterLine =
    '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';
  const enochLine =
    '— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n';
  const [peterKey, enochKey] = [parseVerifierKey(peter), parseVerifierKey(enoch)];
  const opened = (note: string, ...keys: string[]) =>
    openNote(note, keys.map(parseVerifierKey)).signedBy.map(formatVerifierKey);

  it('are written as published', () => {
    const signer = signerOf('PeterNeumann', seed);
    expect(formatVerifierKey(signer.key)).toBe(peter);
    expect(signNote(text, [signer])).toBe(`${text}\n${peterLine}`);
  });

  it('are read as published: by the keys that are trusted, others are ignored', () => {
    const both = `${text}\n${peterLine}${enochLine}`;
    expect(openNote(both, [peterKey]).text).toBe(text);
    expect(opened(both, peter)).toEqual([peter]);
    expect(opened(both, peter, enoch)).toEqual([peter, enoch]);
    expect(opened(both)).toEqual([]);
    expect(opened(`${text}\n${peterLine}${peterLine}${enochLine}`, peter)).toEqual([peter]);
    expect(openNote(`a\n\nb\n${both}`, []).text).toBe(`a\n\nb\n${text}`);
  });

  it('are refused whole when the signature of a trusted key is wrong', () => {
    const changed = `${text.replace('problem is', 'problem was')}\n${peterLine}${enochLine}`;
    const longer = `${peterLine.slice(0, 60)}ABCD${peterLine.slice(60)}`;
    expect(() => openNote(changed, [peterKey])).toThrow('signature of PeterNeumann+c74f20a3 is wrong');
    expect(() => openNote(changed, [enochKey])).toThrow(NoteRefused);
    expect(() => openNote(`${text}\n${longer}`, [peterKey])).toThrow(NoteRefused);
    expect(() => openNote(`${text}\n${peterLine}${longer}`, [peterKey])).toThrow(NoteRefused);
    expect(() =>
      openNote(`${text}\n${peterLine}${peterLine.replace('x08go/ZJkuB', 'x08go/ZJkuC')}`, [peterKey]),
    ).toThrow('two signatures of PeterNeumann+c74f20a3');
    expect(openNote(`${text}\n${longer}`, [enochKey]).signedBy).toEqual([]);
    // The same name and id with another key: nothing tells which of both is meant.
    const twin = { ...enochKey, name: peterKey.name, id: peterKey.id };
    expect(() => openNote(`${text}\n${peterLine}`, [peterKey, twin])).toThrow(NoteRefused);
    // Only the name, or only the id, of a known key is an unknown key.
    expect(openNote(`${text}\n${peterLine}`, [{ ...twin, id: enochKey.id }]).signedBy).toEqual([]);
    expect(openNote(`${text}\n${peterLine}`, [{ ...twin, name: 'Other' }]).signedBy).toEqual([]);
  });

  test.each([
    ['without signatures', text],
    ['with an empty line for them', `${text}\n`],
    ['without the last newline', `${text}\n${peterLine.slice(0, -1)}`],
    ['with a control character', `\u0001${text}\n${peterLine}`],
    ['with carriage returns', `${text}\n${peterLine}`.replaceAll('\n', '\r\n')],
    ['with a tab', `\t${text}\n${peterLine}`],
    ['with a lone surrogate', `\ud800${text}\n${peterLine}`],
    ['with a name of two words', `${text}\n— Bad Name ${peterLine.slice(15)}`],
    ['with a space of another kind in the name', `${text}\n— Bad\u00a0Name ${peterLine.slice(15)}`],
    ['with a plus sign in the name', `${text}\n— Bad+Name ${peterLine.slice(15)}`],
    ['with a line after them', `${text}\n${peterLine}Unexpected line.\n`],
    ['with a hyphen for the dash', `${text}\n-${peterLine.slice(1)}`],
    ['with base64url', `${text}\n${peterLine.replaceAll('/', '_')}`],
    ['with base64 that is not canonical', `${text}\n${peterLine.replace('nAM=', 'nAN=')}`],
    ['with base64 without padding', `${text}\n${peterLine.replace('=', '')}`],
    ['with a signature that is only an id', `${text}\n— PeterNeumann x08gow==\n`],
    ['with too many signatures', `${text}\n${peterLine.repeat(MAX_NOTE_SIGNATURES + 1)}`],
    ['that is too long', `${'a'.repeat(128 * 1024)}\n\n${peterLine}`],
    ['that is too long in UTF-8', `${'—'.repeat(50 * 1024)}\n\n${peterLine}`],
  ])('are malformed %s, whoever is trusted', (_, note) => {
    expect(() => openNote(note, [])).toThrow(NoteRefused);
    expect(() => openNote(note, [peterKey])).toThrow(NoteRefused);
  });

  it('may carry as many signatures as the standard asks for', () => {
    expect(opened(`${text}\n${enochLine.repeat(16)}${peterLine}`, peter)).toEqual([peter]);
  });

  it('refuse every other spelling of a key', () => {
    for (let start = 0; start < peter.length; start++) {
      for (let end = start + 1; end <= peter.length; end++) {
        if (end - start < peter.length) expect(() => parseVerifierKey(peter.slice(start, end))).toThrow(NoteRefused);
      }
      const next = String.fromCharCode(peter.charCodeAt(start) + 1);
      expect(() => parseVerifierKey(peter.slice(0, start) + next + peter.slice(start + 1))).toThrow(NoteRefused);
    }
    // Another length, another kind of key, capital hexadecimal, a line end.
    for (const other of [
      'PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==',
      'PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
      peter.replace('c74f20a3', 'C74F20A3'),
      `${peter}\n`,
    ]) {
      expect(() => parseVerifierKey(other)).toThrow(NoteRefused);
    }
  });

  it('are only written as they can be read', () => {
    const signer = newSigner('log.example/audit');
    for (const bad of ['no newline', 'tab\t\n', 'lone \ud800\n', 'cr\r\n'])
      expect(() => signNote(bad, [signer])).toThrow(RangeError);
    expect(() => signNote('text\n', [])).toThrow(RangeError);
    expect(() => signNote('text\n', [{ ...signer, sign: () => Buffer.alloc(63) }])).toThrow(RangeError);
    for (const name of ['', 'a b', 'a+b', 'a\nb', 'a\u2003b', '\ud800'])
      expect(() => verifierKey(name, signer.key.publicKey)).toThrow(NoteRefused);
    expect(() => verifierKey('name', Buffer.alloc(31))).toThrow(NoteRefused);
  });
});

describe('checkpoints', () => {
  const signer = newSigner('log.example/audit');
  const root = Buffer.alloc(32, 7);
  const checkpoint = { origin: 'log.example/audit', size: 20_852_163, root };

  it('say what the published example says', () => {
    const example = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n';
    expect(parseCheckpoint(example)).toEqual({
      origin: 'example.com/behind-the-sofa',
      size: 20_852_163,
      root: Buffer.from('CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=', 'base64'),
    });
    expect(parseCheckpoint(`${example}an extension\n`).size).toBe(20_852_163);
  });

  it('carry the signatures of a key and its successor', () => {
    const successor = newSigner('log.example/audit');
    const note = signCheckpoint(checkpoint, [signer, successor]);
    for (const keys of [[signer.key], [successor.key], [signer.key, successor.key]]) {
      expect(openCheckpoint(note, keys)).toEqual({ ...checkpoint, signedBy: keys });
    }
    expect(openCheckpoint(note, []).signedBy).toEqual([]);
  });

  it('are not vouched for by the key of another log', () => {
    const other = newSigner('log.example/other');
    expect(openCheckpoint(signCheckpoint(checkpoint, [other]), [other.key, signer.key]).signedBy).toEqual([]);
  });

  const rootText = root.toString('base64');
  test.each([
    ['no origin', `\n1\n${rootText}\n`],
    ['a leading zero', `log\n01\n${rootText}\n`],
    ['a sign', `log\n+1\n${rootText}\n`],
    ['a negative size', `log\n-1\n${rootText}\n`],
    ['an exponent', `log\n1e3\n${rootText}\n`],
    ['a size beyond 2^53', `log\n9007199254740992\n${rootText}\n`],
    ['a space after the size', `log\n1 \n${rootText}\n`],
    ['a digit of another script', `log\n١\n${rootText}\n`],
    ['no root', 'log\n1\n'],
    ['a short root', `log\n1\n${Buffer.alloc(31).toString('base64')}\n`],
    ['a root that is not canonical', `log\n1\n${rootText.slice(0, -2)}d=\n`],
    ['an empty extension', `log\n1\n${rootText}\n\n`],
    ['no last newline', `log\n1\n${rootText}`],
  ])('are refused with %s', (_, text) => {
    expect(() => parseCheckpoint(text)).toThrow(NoteRefused);
  });

  it('are only signed when they can be read', () => {
    for (const bad of [
      { ...checkpoint, origin: '' },
      { ...checkpoint, origin: 'a\nb' },
      { ...checkpoint, size: -1 },
      { ...checkpoint, size: 1.5 },
      { ...checkpoint, root: Buffer.alloc(31) },
    ]) {
      expect(() => signCheckpoint(bad, [signer])).toThrow(RangeError);
    }
  });
});
