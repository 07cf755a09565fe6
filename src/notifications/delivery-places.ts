import { Injectable } from '@nestjs/common';

/** Fewer than the queue's jobs at once, so that events are handed out and everything else of the queue runs while receivers hang. */
const PLACES = 8;
/** Of these for receivers whose last attempt failed: they may hang, and healthy ones mustn't wait for them. */
const PLACES_FOR_FAILING = 3;

/** How many endpoints one process serves at once. Kept in memory: nothing of it outlives a process that is killed. */
@Injectable()
export class DeliveryPlaces {
  private taken = 0;
  private takenByFailing = 0;

  /** @returns gives the place back; null when there is none free */
  take(failing: boolean): (() => void) | null {
    if (this.taken >= PLACES || (failing && this.takenByFailing >= PLACES_FOR_FAILING)) return null;
    this.taken += 1;
    if (failing) this.takenByFailing += 1;
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.taken -= 1;
      if (failing) this.takenByFailing -= 1;
    };
  }
}
