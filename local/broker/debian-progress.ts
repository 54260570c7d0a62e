const everyMs = 5_000

// the base system is retrieved, unpacked and set up first: later steps are told once those of the rest begin
const steps = [
  { line: /^I: Retrieving \S+ \S+/, says: 'loading packages' },
  { line: /^I: Extracting /, says: 'unpacking the base system' },
  { line: /^I: Unpacking /, says: 'unpacking packages' },
  { line: /^I: Configuring /, says: 'setting packages up' },
]

/** Turns debootstrap's output, a line per package and step, into a line per step and one every five seconds. */
export function debootstrapProgress(progress: (line: string) => void): (line: string) => void {
  const done = steps.map(() => 0)
  let reached = -1
  let saidAt = 0
  return (line) => {
    const step = steps.findIndex((one) => one.line.test(line))
    if (step === -1) return
    const count = (done[step] ?? 0) + 1
    done[step] = count
    if (step <= reached && Date.now() - saidAt < everyMs) return
    reached = Math.max(reached, step)
    saidAt = Date.now()
    progress(`  ${steps[step]?.says}${count === 1 ? '' : `: ${count} done`}`)
  }
}
