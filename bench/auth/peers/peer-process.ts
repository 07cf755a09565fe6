/** What a peer was given by whoever started it. */
export function peerSettings<Settings extends object>(): Settings {
  return JSON.parse(process.env['PEER_SETTINGS'] ?? '{}') as Settings; // written by startPeer, for this very peer
}

export interface Announcement {
  port: number;
  /** Those that the peer made to begin with. */
  refreshTokens: string[];
}

/** Says that the peer answers at this port, and that it ends with whoever started it. */
export function announce(port: number, refreshTokens: string[] = []): void {
  process.once('disconnect', () => process.exit());
  const announcement: Announcement = { port, refreshTokens };
  process.send?.(announcement);
}

export const ANY_PORT = 0;
export const LOOPBACK = '127.0.0.1';
