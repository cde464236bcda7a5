import { expect, test } from '@jest/globals';
import { joinListings, type Listing } from '../../../src/setup-go-cross/build/main-packages.ts';

const main = (path: string) => ({ path, name: path.split('/').at(-1)!, module: 'm' });
const listing = (target: string, paths: string[], excluded: string[] = []): Listing => ({
  target,
  main: paths.map(main),
  excluded,
});

test('one list, in the order of the first target, and who lacks what', () => {
  const found = joinListings([listing('linux/amd64', ['m/a', 'm/b']), listing('windows/amd64', ['m/a', 'm/w'])]);
  expect(found).toEqual([
    main('m/a'),
    { ...main('m/b'), without: ['windows/amd64'] },
    { ...main('m/w'), without: ['linux/amd64'] },
  ]);
});

test('a package that was named and is not there for a target', () => {
  const listings = [
    listing('linux/amd64', ['m/a'], ['m/w']),
    listing('linux/arm64', ['m/a'], ['m/w']),
    listing('windows/amd64', ['m/a', 'm/w']),
  ];
  expect(() => joinListings(listings)).toThrow(
    expect.objectContaining({
      code: 'NO_FILES_FOR_TARGET',
      message:
        'build constraints exclude all Go files of m/w for linux/amd64, linux/arm64; it has some for windows/amd64',
    }),
  );
  expect(() => joinListings(listings.slice(0, 1))).toThrow('all Go files of m/w for linux/amd64');
});
