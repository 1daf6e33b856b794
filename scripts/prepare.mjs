// What `npm ci` runs (script `prepare`) in a clone: the addon once, then the bundles and declarations.
//
// Without a C++ toolchain the package still works, on the portable loop, so a failed native build is said aloud and
// does not fail the installation. AIOLOOP_REQUIRE_ALL=1 makes it fail; CI sets it. Never an `install` script: those
// would run on the machine of everyone who depends on this package.
import { buildNative } from './build-native.mjs'

const failure = buildNative()
if (failure !== undefined) {
  const required = process.env.AIOLOOP_REQUIRE_ALL === '1'
  console.error(
    [
      '',
      `The native loop was not built: ${failure}.`,
      required
        ? 'AIOLOOP_REQUIRE_ALL=1 is set, so this is an error.'
        : 'aioloop will run on the portable loop. Install a C++17 compiler, make and Python 3, then: npm run build:native',
      '',
    ].join('\n'),
  )
  if (required) process.exit(1)
}

await import('./build.mjs')
