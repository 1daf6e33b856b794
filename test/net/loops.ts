/** The loops that talk to the world, each with a way to run on it. */
import { type Body, NativeEventLoopPolicy, PortableEventLoopPolicy, run } from 'aioloop'

export interface NetLoop {
  readonly name: string
  run<T>(main: Body<T>): Promise<T>
}

export const netLoops: readonly NetLoop[] = [new NativeEventLoopPolicy(), new PortableEventLoopPolicy()].map(
  (policy, at) => ({
    name: at === 0 ? 'native' : 'portable',
    run: (main) => run(main, { loopFactory: () => policy.newEventLoop() }),
  }),
)
