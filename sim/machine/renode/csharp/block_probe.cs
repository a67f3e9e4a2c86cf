//
// Counts basic blocks and stops at markers inside Renode, for sim.machine.renode.
// Compiled by Renode itself, with the other files of this folder; the same source serves Renode 1.6 and 1.16.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
//
namespace Boardless
{
    using System.Collections.Generic;
    using System.IO;
    using System.Threading;
    using Antmicro.Renode.Core;
    using Antmicro.Renode.Peripherals.CPU;

    public class BlockProbe
    {
        public void AddMarker(uint address, bool stops)
        {
            markers.Add(address, new Marker { Index = markers.Count, Stops = stops });
        }

        public void Install(TranslationCPU cpu)
        {
            this.cpu = cpu;
            Registers = new Registers(cpu);
            blocks = new BlockTable(cpu, Registers, markers);
            Points = new DebugPoints(cpu);
            Input = new Input(cpu);
            wholeBlockSize = cpu.MaximumBlockSize;
            // Parameter types of the hook differ between versions: those of the lambda follow.
            cpu.SetHookAtBlockBegin((pc, count) => OnBlock((uint)pc, (uint)count));
        }

        public void Start(ulong limit)
        {
            Run(limit, Points.IsWatching);
        }

        public void Step()
        {
            Run(1, true);
        }

        // Returns why the core stopped (the index of a marker or a word) and the executed instructions.
        public string Wait(int milliseconds)
        {
            var isStopped = stopped.WaitOne(milliseconds);
            if(isStopped && stop != Line)
            {
                EmulationManager.Instance.CurrentEmulation.PauseAll();
            }
            if(!isStopped && instructions == instructionsSeen)
            {
                Input.Deliver(); // the core sleeps, perhaps until it receives something
            }
            instructionsSeen = instructions;
            return string.Format("{0} {1}", stop, instructions);
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

        // The core goes on somewhere else: no block has been left for what comes next.
        public void Redirect(bool atLoggedMarker)
        {
            previous = null;
            parts.Clear();
            resuming = atLoggedMarker;
            Points.Pass();
        }

        // Little-endian words: how many blocks, and the index of the block that is not executed to its end (or -1);
        // blocks; counters of now; counters of marker hits.
        public void Dump(string path)
        {
            using(var writer = new BinaryWriter(File.Create(path)))
            {
                writer.Write((ulong)blocks.Count);
                writer.Write(parts.Count > 0 ? (long)previous.Index : -1);
                blocks.Write(writer);
                blocks.TakeHit(-1).Write(writer);
                foreach(var hit in hits)
                {
                    hit.Write(writer);
                }
            }
            hits.Clear();
        }

        public DebugPoints Points { get; private set; }

        public Registers Registers { get; private set; }

        public Input Input { get; private set; }

        public readonly Transcript Sent = new Transcript();

        private void Run(ulong limit, bool byInstruction)
        {
            stop = Running;
            stopped.Reset();
            instructionLimit = instructions + limit;
            if(byInstruction != runsByInstruction)
            {
                cpu.MaximumBlockSize = byInstruction ? 1 : wholeBlockSize;
                runsByInstruction = byInstruction;
            }
            EmulationManager.Instance.CurrentEmulation.StartAll();
        }

        // A block of no instructions is Renode's way to a hook, here to a breakpoint.
        private void OnBlock(uint address, uint count)
        {
            if(Points.IsRepeating)
            {
                Points.IsRepeating = count == 0;
                return;
            }
            Input.Look();
            if((Sent.TakeLine() && StopsBehindLine()) || StopsForDebugger(address))
            {
                return;
            }
            if(!resuming && instructions >= instructionLimit)
            {
                LeavePrevious(address);
                Stop(Limit);
                return;
            }
            if(count > 0)
            {
                Enter(address, count);
            }
        }

        private void Enter(uint address, uint count)
        {
            var block = blocks.Find(previous, address, count);
            if(!resuming)
            {
                if(ContinuesCutBlock(block))
                {
                    Execute(count);
                    return;
                }
                LeavePrevious(address);
                if(block.Marker != null && ReachMarker(block.Marker))
                {
                    return;
                }
            }
            resuming = false;
            previous = block.Whole;
            previous.Executions++;
            Execute(count);
            if(previous != block)
            {
                parts.Add(block);
            }
        }

        private void Execute(uint count)
        {
            instructions += count;
            Points.Pass();
        }

        // Holds the core, between two blocks, until the host has looked at the line.
        private bool StopsBehindLine()
        {
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
                Stop("request");
                return true;
            }
            return false;
        }

        private bool StopsForDebugger(uint address)
        {
            var watched = Points.TakeWatched();
            if(watched < 0 && !Points.IsReached(address))
            {
                return false;
            }
            LeavePrevious(address);
            Stop(watched < 0 ? "breakpoint" : "watchpoint:" + watched);
            return true;
        }

        // The core has come to an address: so was the block before left, unless that is not executed to its end yet.
        private void LeavePrevious(uint address)
        {
            if(previous != null && parts.Count == 0)
            {
                previous.Leave(address != previous.End);
                previous = null;
            }
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
            hits.Add(blocks.TakeHit(marker.Index));
            if(!marker.Stops)
            {
                return false;
            }
            resuming = true;
            Stop(marker.Index.ToString());
            return true;
        }

        // On the thread of the core, inside the hook: the block is not executed before the core is resumed.
        private void Stop(string reason)
        {
            stop = reason;
            cpu.Pause();
            stopped.Set();
        }

        private TranslationCPU cpu;
        private BlockTable blocks;
        private Block previous;
        private int wholeBlockSize;
        private bool runsByInstruction;
        private bool resuming;
        private ulong instructions;
        private ulong instructionsSeen;
        private ulong instructionLimit;
        private volatile string stop;
        private volatile bool stopsBehindLine;
        private volatile bool isHalting;

        private readonly ManualResetEvent stopped = new ManualResetEvent(false);
        private readonly ManualResetEvent answered = new ManualResetEvent(false);
        private readonly Dictionary<uint, Marker> markers = new Dictionary<uint, Marker>();
        private readonly List<Block> parts = new List<Block>();
        private readonly List<Hit> hits = new List<Hit>();

        private const string Limit = "limit";
        private const string Running = "running";
        private const string Line = "line";
    }
}
