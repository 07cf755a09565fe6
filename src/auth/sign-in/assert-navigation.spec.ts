import { assertNavigation } from './assert-navigation.js';

const PAGE = { 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' };

describe('assertNavigation', () => {
  it.each([
    ['a page of ours', { ...PAGE, 'sec-fetch-site': 'same-origin' }],
    ['the address bar', { ...PAGE, 'sec-fetch-site': 'none', 'sec-fetch-user': '?1' }],
    [
      'a link that somebody clicked on another site',
      { ...PAGE, 'sec-fetch-site': 'cross-site', 'sec-fetch-user': '?1' },
    ],
    ['a program', {}],
    ['a program with the fetch of Node', { 'sec-fetch-mode': 'cors' }],
  ])('lets %s begin a sign-in', (_what, headers) => {
    expect(() => assertNavigation(headers)).not.toThrow();
  });

  it.each([
    ['a frame', { 'sec-fetch-dest': 'iframe', 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'cross-site' }],
    ['a frame that was clicked', { ...PAGE, 'sec-fetch-dest': 'iframe', 'sec-fetch-user': '?1' }],
    ['a frame of our own', { ...PAGE, 'sec-fetch-dest': 'frame', 'sec-fetch-site': 'same-origin' }],
    ['an image', { 'sec-fetch-dest': 'image', 'sec-fetch-mode': 'no-cors', 'sec-fetch-site': 'cross-site' }],
    ['a script', { 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'cors', 'sec-fetch-site': 'same-origin' }],
    ['another site by itself', { ...PAGE, 'sec-fetch-site': 'cross-site' }],
    ['a sibling domain by itself', { ...PAGE, 'sec-fetch-site': 'same-site' }],
    ['a header that came twice', { ...PAGE, 'sec-fetch-site': ['none', 'cross-site'] }],
  ])('lets %s begin none', (_what, headers) => {
    expect(() => assertNavigation(headers)).toThrow(expect.objectContaining({ code: 'auth.cross_site' }));
  });
});
