//
// Counts basic blocks and stops at markers inside Renode, for sim.machine.renode.
// Compiled by Renode itself (include @block_probe.cs); the same source serves Renode 1.6 and 1.16.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
//
using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Threading;
using Antmicro.Renode.Core;
using Antmicro.Renode.Peripherals.CPU;
using Antmicro.Renode.Peripherals.UART;

namespace Boardless
{
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
            return probe.TakeSent();
        }

        public static void ProbeUart(this IUART uart, int index)
        {
            probe.Listen(uart, index);
        }

        public static void ProbeFeed(this IUART uart, string hexadecimal)
        {
            for(var i = 0; i < hexadecimal.Length; i += 2)
            {
                uart.WriteChar(Convert.ToByte(hexadecimal.Substring(i, 2), 16));
            }
        }

        public static void ProbeHalt(this TranslationCPU cpu)
        {
            probe.Halt();
        }

        public static void ProbeRedirect(this TranslationCPU cpu, bool atLoggedMarker)
        {
            probe.Redirect(atLoggedMarker);
        }

        public static void ProbeDump(this TranslationCPU cpu, string path)
        {
            probe.Dump(path);
        }

        private static readonly BlockProbe probe = new BlockProbe();
    }

    public class BlockProbe
    {
        public void AddMarker(uint address, bool stops)
        {
            markers.Add(address, new Marker { Index = markers.Count, Stops = stops });
        }

        public void Install(TranslationCPU cpu)
        {
            this.cpu = cpu;
            // The name changed after Renode 1.6, and the old one logs a warning at each call.
            var types = new[] { typeof(int) };
            var getter = cpu.GetType().GetMethod("GetRegister", types) ?? cpu.GetType().GetMethod("GetRegisterUnsafe", types);
            readRegister = (Func<int, RegisterValue>)Delegate.CreateDelegate(typeof(Func<int, RegisterValue>), cpu, getter);
            // Parameter types of the hook differ between versions: those of the lambda follow.
            cpu.SetHookAtBlockBegin((pc, count) => OnBlock((uint)pc, (uint)count));
        }

        public void Start(ulong limit)
        {
            stop = Running;
            stopped.Reset();
            instructionLimit = instructions + limit;
            EmulationManager.Instance.CurrentEmulation.StartAll();
        }

        // Returns why the core stopped (the index of a marker or a word) and the executed instructions.
        public string Wait(int milliseconds)
        {
            if(stopped.WaitOne(milliseconds) && stop != Line)
            {
                EmulationManager.Instance.CurrentEmulation.PauseAll();
            }
            return string.Format("{0} {1}", stop < 0 ? Words[-stop] : stop.ToString(), instructions);
        }

        // Goes on behind a line that firmware has sent, or stops the core there.
        public void Answer(bool stopThere)
        {
            stopsBehindLine = stopThere;
            stop = Running;
            stopped.Reset();
            answered.Set();
        }

        public void Halt()
        {
            isHalting = true; // before the core is let go, so that it does not begin to wait again
            stopsBehindLine = stop == Line;
            answered.Set();
            EmulationManager.Instance.CurrentEmulation.PauseAll();
            isHalting = false;
        }

        public void Listen(IUART uart, int index)
        {
            uart.CharReceived += value =>
            {
                lock(sent)
                {
                    sent.AppendFormat("{0:x2}{1:x2}", index, value);
                }
                lineIsSent |= value == '\n';
            };
        }

        // What firmware has sent since the last call: for each byte the index of its port, then the byte, in hexadecimal.
        public string TakeSent()
        {
            lock(sent)
            {
                var taken = sent.ToString();
                sent.Clear();
                return taken;
            }
        }

        // The core goes on somewhere else: no block has been left for what comes next.
        public void Redirect(bool atLoggedMarker)
        {
            previous = null;
            parts.Clear();
            resuming = atLoggedMarker;
        }

        // Little-endian words: blocks (address, bytes, instructions, registers at first sight), then marker hits.
        public void Dump(string path)
        {
            using(var writer = new BinaryWriter(File.Create(path)))
            {
                writer.Write((ulong)blocks.Count);
                foreach(var block in blocks)
                {
                    writer.Write(block.Address);
                    writer.Write(block.End - block.Address);
                    writer.Write(block.Instructions);
                    foreach(var value in block.Registers)
                    {
                        writer.Write(value);
                    }
                }
                WriteHit(writer, TakeHit(-1));
                foreach(var hit in hits)
                {
                    WriteHit(writer, hit);
                }
            }
            hits.Clear();
        }

        private static void WriteHit(BinaryWriter writer, Hit hit)
        {
            writer.Write((long)hit.Marker);
            writer.Write((ulong)hit.Argument);
            writer.Write((ulong)(hit.Counters.Length / CountersPerBlock));
            foreach(var counter in hit.Counters)
            {
                writer.Write(counter);
            }
        }

        private void OnBlock(uint address, uint count)
        {
            if(lineIsSent && StopsBehindLine())
            {
                return;
            }
            if(!resuming && instructions >= instructionLimit)
            {
                Stop(Limit);
                return;
            }
            var block = Find(address, count);
            if(!resuming)
            {
                if(ContinuesCutBlock(block))
                {
                    instructions += count;
                    return;
                }
                if(previous != null)
                {
                    previous.Leave(address != previous.End);
                }
                if(block.Marker != null && ReachMarker(block.Marker))
                {
                    return;
                }
            }
            resuming = false;
            previous = block.Whole;
            previous.Executions++;
            instructions += count;
            if(previous != block)
            {
                parts.Add(block);
            }
        }

        // Holds the core, between two blocks, until the host has looked at the line.
        private bool StopsBehindLine()
        {
            lineIsSent = false;
            answered.Reset();
            if(!isHalting)
            {
                stop = Line;
                stopped.Set();
                answered.WaitOne();
            }
            if(isHalting || stopsBehindLine)
            {
                stopsBehindLine = false;
                Stop(Request);
                return true;
            }
            return false;
        }

        // Renode cuts blocks where its time slices end. The parts count as the block that they are parts of.
        private bool ContinuesCutBlock(Block block)
        {
            if(parts.Count == 0)
            {
                return false;
            }
            var last = parts[parts.Count - 1];
            if(block.Address == last.End && block.End <= previous.End)
            {
                parts.Add(block);
                if(block.End == previous.End)
                {
                    parts.Clear();
                }
                return true;
            }
            // It was another block after all: Renode also ends blocks that become too long, wherever that is.
            previous.Executions--;
            foreach(var part in parts)
            {
                part.Executions++;
            }
            previous = last;
            parts.Clear();
            return false;
        }

        // Returns whether the core stops.
        private bool ReachMarker(Marker marker)
        {
            hits.Add(TakeHit(marker.Index));
            if(!marker.Stops)
            {
                return false;
            }
            previous = null;
            resuming = true;
            Stop(marker.Index);
            return true;
        }

        // Mostly it is a block that followed the previous one before.
        private Block Find(uint address, uint count)
        {
            if(previous == null)
            {
                return LookUp(address, count);
            }
            var taken = address != previous.End;
            var known = taken ? previous.TakenTo : previous.FallsTo;
            if(known != null && known.Address == address && known.Instructions == count)
            {
                return known;
            }
            known = LookUp(address, count);
            if(taken)
            {
                previous.TakenTo = known;
            }
            else
            {
                previous.FallsTo = known;
            }
            return known;
        }

        private Block LookUp(uint address, uint count)
        {
            Block block;
            var key = (ulong)address << 32 | count;
            if(!blockByKey.TryGetValue(key, out block))
            {
                block = NewBlock(address, count);
                blocks.Add(block);
                blockByKey.Add(key, block);
            }
            return block;
        }

        private Block NewBlock(uint address, uint count)
        {
            var block = new Block { Address = address, Instructions = count, End = EndOf(address, count), Registers = new uint[RegisterCount] };
            for(var i = 0; i < RegisterCount; i++)
            {
                block.Registers[i] = (uint)readRegister(i);
            }
            markers.TryGetValue(address, out block.Marker);
            block.Whole = block;
            foreach(var other in blocks)
            {
                if(other.Address == address)
                {
                    if(other.Whole.Instructions > count)
                    {
                        block.Whole = other.Whole;
                        break;
                    }
                    other.Whole = block;
                }
            }
            return block;
        }

        private uint EndOf(uint address, uint count)
        {
            for(; count > 0; count--)
            {
                // Thumb: a first halfword from 0xE800 up begins an instruction of four bytes.
                address += cpu.Bus.ReadWord(address) >= 0xE800 ? 4u : 2u;
            }
            return address;
        }

        private Hit TakeHit(int marker)
        {
            var counters = new ulong[blocks.Count * CountersPerBlock];
            var i = 0;
            foreach(var block in blocks)
            {
                counters[i++] = block.Executions;
                counters[i++] = block.Taken;
                counters[i++] = block.MispredictsIfForward;
                counters[i++] = block.MispredictsIfBackward;
            }
            return new Hit { Marker = marker, Argument = (uint)readRegister(0), Counters = counters };
        }

        // On the thread of the core, inside the hook: the block is not executed before the core is resumed.
        private void Stop(int reason)
        {
            stop = reason;
            cpu.Pause();
            stopped.Set();
        }

        private TranslationCPU cpu;
        private Func<int, RegisterValue> readRegister;
        private Block previous;
        private bool resuming;
        private ulong instructions;
        private ulong instructionLimit;
        private volatile int stop;
        private volatile bool lineIsSent;
        private volatile bool stopsBehindLine;
        private volatile bool isHalting;

        private readonly ManualResetEvent stopped = new ManualResetEvent(false);
        private readonly ManualResetEvent answered = new ManualResetEvent(false);
        private readonly StringBuilder sent = new StringBuilder();
        private readonly Dictionary<uint, Marker> markers = new Dictionary<uint, Marker>();
        private readonly Dictionary<ulong, Block> blockByKey = new Dictionary<ulong, Block>();
        private readonly List<Block> blocks = new List<Block>();
        private readonly List<Block> parts = new List<Block>();
        private readonly List<Hit> hits = new List<Hit>();

        private const int Limit = -1;
        private const int Running = -2;
        private const int Line = -3;
        private const int Request = -4;
        private static readonly string[] Words = { "", "limit", "running", "line", "request" };

        private const int RegisterCount = 15;
        private const int CountersPerBlock = 4;

        private class Marker
        {
            public int Index;
            public bool Stops;
        }

        private class Hit
        {
            public int Marker;
            public uint Argument;
            public ulong[] Counters;
        }

        private class Block
        {
            // Two-bit predictors, one for each static prediction: which one the branch has is known to the reader.
            public void Leave(bool taken)
            {
                if(taken)
                {
                    Taken++;
                    MispredictsIfForward += forward < 2 ? 1u : 0u;
                    MispredictsIfBackward += backward < 2 ? 1u : 0u;
                    forward += forward < 3 ? 1 : 0;
                    backward += backward < 3 ? 1 : 0;
                }
                else
                {
                    MispredictsIfForward += forward >= 2 ? 1u : 0u;
                    MispredictsIfBackward += backward >= 2 ? 1u : 0u;
                    forward -= forward > 0 ? 1 : 0;
                    backward -= backward > 0 ? 1 : 0;
                }
            }

            public uint Address;
            public uint End;
            public uint Instructions;
            public uint[] Registers;
            public Marker Marker;
            public Block Whole;
            public Block FallsTo;
            public Block TakenTo;
            public ulong Executions;
            public ulong Taken;
            public ulong MispredictsIfForward;
            public ulong MispredictsIfBackward;

            private int forward = 1;
            private int backward = 2;
        }
    }
}
