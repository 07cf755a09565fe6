import { type TypeState, typeStatesOf } from '../snapshot/stored-snapshot.js';
import { lastCompleteReading } from './last-complete-reading.js';

const at = (minute: number) => new Date(Date.UTC(2026, 2, 1, 10, minute));
const scan = (status: TypeState['status'], previous: Parameters<typeof typeStatesOf>[1], minute: number) => ({
  takenAt: at(minute),
  types: typeStatesOf(
    new Map([['group', { resourceType: 'group', status, reason: status === 'complete' ? null : 'x', count: 0 }]]),
    previous,
    at(minute),
  ),
});

describe('the time after which a change was made', () => {
  it('is the scan before, where that read the type', () => {
    expect(lastCompleteReading('group', scan('complete', null, 0), at(5))).toEqual(at(0));
  });

  it('is the last complete scan, however many incomplete ones followed', () => {
    const incomplete = scan('failed', scan('partial', scan('complete', null, 0), 5), 10);
    expect(lastCompleteReading('group', incomplete, at(15))).toEqual(at(0));
  });

  it('lies an hour back where no scan read the type yet', () => {
    expect(lastCompleteReading('group', null, at(60))).toEqual(at(0));
    expect(lastCompleteReading('group', scan('partial', scan('failed', null, 60), 65), at(70))).toEqual(at(0));
  });
});
