//
// The commands of the block probe, which sim/machine/renode/block_probe.py sends to Renode's monitor.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
//
namespace Boardless
{
    using System.Linq;
    using Antmicro.Renode.Peripherals.CPU;
    using Antmicro.Renode.Peripherals.UART;

    // Extension methods of the core are commands of Renode's monitor: "cpu ProbeInstall".
    public static class BlockProbeCommands
    {
        public static void ProbeMarker(this TranslationCPU cpu, uint address, bool stops)
        {
            probe.AddMarker(address, stops);
        }

        public static void ProbeInstall(this TranslationCPU cpu)
        {
            probe.Install(cpu);
        }

        public static void ProbeStart(this TranslationCPU cpu, ulong instructions)
        {
            probe.Start(instructions);
        }

        public static void ProbeStep(this TranslationCPU cpu)
        {
            probe.Step();
        }

        public static string ProbeWait(this TranslationCPU cpu, int milliseconds)
        {
            return probe.Wait(milliseconds);
        }

        // "line" waits for this.
        public static void ProbeAnswer(this TranslationCPU cpu, bool stop)
        {
            probe.Answer(stop);
        }

        public static string ProbeTakeSent(this TranslationCPU cpu)
        {
            return probe.Sent.Take();
        }

        // The register has all these switches set while firmware wants to receive.
        public static void ProbeUart(this IUART uart, int index, uint register, uint switches)
        {
            probe.Sent.Listen(uart, index);
            probe.Input.Connect(uart, register, switches);
        }

        public static void ProbeFeed(this IUART uart, string hexadecimal)
        {
            probe.Input.Feed(uart, hexadecimal);
        }

        public static void ProbeHalt(this TranslationCPU cpu)
        {
            probe.Halt();
        }

        public static void ProbeRedirect(this TranslationCPU cpu, bool atLoggedMarker)
        {
            probe.Redirect(atLoggedMarker);
        }

        // Addresses in hexadecimal, with commas between them.
        public static void ProbeBreakpoints(this TranslationCPU cpu, string addresses)
        {
            probe.Points.SetBreakpoints(addresses);
        }

        // Address and size in hexadecimal and "r", "w" or "rw", with colons between these and commas between watchpoints.
        public static void ProbeWatchpoints(this TranslationCPU cpu, string ranges)
        {
            probe.Points.SetWatchpoints(ranges);
        }

        // By their numbers, with commas between these and between the values; empty for what this version does not know.
        public static string ProbeRegisters(this TranslationCPU cpu, string numbers)
        {
            return string.Join(",", numbers.Split(',').Select(number => probe.Registers.Show(int.Parse(number))));
        }

        public static void ProbeDump(this TranslationCPU cpu, string path)
        {
            probe.Dump(path);
        }

        private static readonly BlockProbe probe = new BlockProbe();
    }
}
