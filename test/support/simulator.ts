/** The simulated provider and its webhook sink, inside the test's own process. */
import {
  type Simulator,
  type SimulatorOptions,
  startSimulator,
} from '@forebay/simulator/simulator';
import { onTestFinished } from 'vitest';

/** Starts a simulator that is closed when the running test has ended. */
export async function useSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator(options);
  onTestFinished(() => simulator.close());
  return simulator;
}
