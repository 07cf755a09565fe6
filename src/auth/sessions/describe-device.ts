import Bowser from 'bowser';

const MAX_LENGTH = 60;

/**
 * The device of a session in words for its owner, such as "Edge on Windows"; null when the User-Agent names neither a browser
 * nor a system that is known. It is what the client says of itself and proves nothing.
 */
export function describeDevice(userAgent: string | null): string | null {
  if (userAgent === null || userAgent.trim() === '') return null;
  const { browser, os } = Bowser.parse(userAgent);
  const words = [shown(browser.name), shown(os.name)].filter((word) => word !== null);
  return words.length === 0 ? null : words.join(' on ');
}

/** For some clients the name is a piece of the User-Agent, and that is anybody's text. */
function shown(name: string | undefined): string | null {
  const plain = (name ?? '')
    .replaceAll(/[^\w .+-]/g, '')
    .trim()
    .slice(0, MAX_LENGTH);
  return plain === '' || plain === 'Unknown' ? null : plain;
}
