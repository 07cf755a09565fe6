/**
 * The tree in the database isn't the one that this service wrote, or doesn't go on from one that it knows. Nothing is sealed, signed or
 * proved until somebody has looked; the message is for the service's log.
 */
export class TreeRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TreeRefused';
  }
}
